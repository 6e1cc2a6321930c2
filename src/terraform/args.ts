/** Argument lists for Terraform: pure, one builder per command. No text from outside becomes an option of its own. */

/** The saved plan's name in the working folder. */
export const PLAN_FILE = 'plan.tfplan';

export interface InitOptions {
  /** A folder laid out as a filesystem mirror; providers then come from nowhere else. */
  readonly pluginDir?: string | undefined;
  /** A file with settings of the backend beside those in the configuration, in the working folder. */
  readonly backendConfig?: string | undefined;
}

export function initArgs({ pluginDir, backendConfig }: InitOptions): string[] {
  return [
    'init',
    '-input=false',
    '-no-color',
    ...(pluginDir === undefined ? [] : [`-plugin-dir=${pluginDir}`]),
    ...(backendConfig === undefined ? [] : [`-backend-config=${backendConfig}`]),
  ];
}

export interface PlanOptions {
  readonly destroy?: boolean;
  /** Look at AWS and say what differs from the state, and nothing else. */
  readonly refreshOnly?: boolean;
  /** How long to wait for a lock that somebody else holds, in seconds. */
  readonly lockTimeoutSeconds: number;
}

export function planArgs({
  destroy = false,
  refreshOnly = false,
  lockTimeoutSeconds,
}: PlanOptions): string[] {
  return [
    'plan',
    '-input=false',
    '-no-color',
    `-out=${PLAN_FILE}`,
    `-lock-timeout=${lockTimeoutSeconds}s`,
    ...(destroy ? ['-destroy'] : []),
    ...(refreshOnly ? ['-refresh-only'] : []),
  ];
}

export function showPlanArgs(): string[] {
  return ['show', '-json', PLAN_FILE];
}

/**
 * The state as it is in the backend, or in a file, without asking AWS; it starts no provider beyond reading its schema.
 */
export function showStateArgs(file?: string): string[] {
  return ['show', '-json', ...(file === undefined ? [] : [file])];
}

/** `-json` makes progress and the final outputs readable by machine, so that no second command is needed for them. */
export function applyArgs({ lockTimeoutSeconds }: Pick<PlanOptions, 'lockTimeoutSeconds'>): string[] {
  return ['apply', '-input=false', '-json', `-lock-timeout=${lockTimeoutSeconds}s`, PLAN_FILE];
}

export function untaintArgs(
  address: string,
  { lockTimeoutSeconds }: Pick<PlanOptions, 'lockTimeoutSeconds'>,
): string[] {
  return ['untaint', '-no-color', `-lock-timeout=${lockTimeoutSeconds}s`, address];
}

export function statePullArgs(): string[] {
  return ['state', 'pull'];
}

/** Of a lock that a run before left behind, this command waits no longer than for one that is just being freed. */
export function statePushArgs(file: string): string[] {
  return ['state', 'push', '-lock-timeout=10s', file];
}
