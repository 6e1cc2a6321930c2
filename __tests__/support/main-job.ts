import { runAction, type ActionRun } from '../../demo/action.js';
import { findNode24 } from '../../demo/runtime.js';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator/index.js';
import { findProviderMirror, findTerraform } from './terraform.js';
import { ARTICLE } from './inputs.js';

/** The built action on an emulated AWS, with the real Terraform and the real provider. */
export interface MainJob {
  readonly emulator: Emulator;
  /** Runs the action with the article's inputs, some of them changed; an empty text takes an input away. */
  run(
    changed?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
    event?: unknown,
    /** Gets the log as it comes. */
    onOutput?: (text: string) => void,
  ): Promise<ActionRun>;
  /** Plans and applies without waiting for an approval. */
  apply(
    changed?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<ActionRun>;
  stop(): Promise<void>;
}

/** What the suite runs with, for its log: nobody should have to guess which versions a green run stands for. */
export function describeTools(): string {
  const terraform = findTerraform();
  const mirror = findProviderMirror(isFive);
  return [
    `Node ${findNode24().version}`,
    terraform === undefined ? 'no Terraform on PATH' : `Terraform ${terraform.version}`,
    mirror === undefined
      ? 'hashicorp/aws 5.100.0 from the registry'
      : `hashicorp/aws ${mirror.versions.join(', ')} from a mirror`,
  ].join(', ');
}

const isFive = (version: string): boolean => version.startsWith('5.');

export async function startMainJob(options: EmulatorOptions = {}): Promise<MainJob> {
  const emulator = await startEmulator(options);
  const node = findNode24().path;
  const mirror = findProviderMirror(isFive);
  const common = {
    'state-bucket': emulator.bucket,
    ...(mirror === undefined ? {} : { 'provider-mirror': mirror.dir }),
  };
  const run: MainJob['run'] = (changed = {}, env = {}, event = {}, onOutput = () => undefined) =>
    runAction({
      node,
      with: { ...ARTICLE, ...common, ...changed },
      env: { ...emulator.env, ...env },
      event,
      onOutput,
    });
  return {
    emulator,
    run,
    apply: (changed = {}, env = {}) => run({ command: 'apply', 'auto-approve': 'true', ...changed }, env),
    stop: () => emulator.stop(),
  };
}

/** An output that is a JSON object. */
export function jsonOutput(run: ActionRun, name: string): Record<string, string> {
  return JSON.parse(run.outputs[name] ?? 'null') as Record<string, string>;
}
