/** One setting of a backend, as Terraform JSON has it. */
export type Setting = string | number | boolean | null | readonly Setting[] | Settings;
export interface Settings {
  readonly [name: string]: Setting;
}

/** A backend and its settings. */
export interface BackendSettings {
  readonly type: string;
  /** Values may be secret. */
  readonly config: Settings;
}
