import { runAction, type ActionRun, type ActionRunOptions } from '../../demo/action.js';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator/index.js';
import { findProviderMirror, findTerraform } from './terraform.js';
import { ARTICLE } from './inputs.js';
import { tempFolder } from './temp-folder.js';

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
  /** Plans and applies, and cancels the step as GitHub does: SIGINT, later SIGTERM. */
  cancel(
    moment: Moment,
    changed?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<CancelledRun>;
  /** Plans and applies without waiting for an approval. */
  apply(
    changed?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<ActionRun>;
  stop(): Promise<void>;
}

/** When a step is cancelled: so long after its log says something. */
export interface Moment {
  readonly after: RegExp;
  readonly milliseconds: number;
  /** From SIGINT to SIGTERM; 7.5 s on GitHub. */
  readonly sigtermAfterMs?: number;
  /** The first signal: SIGINT, or SIGKILL where a runner is lost. */
  readonly signal?: 'SIGINT' | 'SIGKILL';
}

export interface CancelledRun extends ActionRun {
  /** From SIGINT to the end; undefined when it ended before. */
  readonly tookMs: number | undefined;
}

/** What the suite runs with, for its log: nobody should have to guess which versions a green run stands for. */
export function describeTools(): string {
  const terraform = findTerraform();
  const mirror = findProviderMirror(isFive);
  return [
    `Node ${process.version}`,
    terraform === undefined ? 'no Terraform on PATH' : `Terraform ${terraform.version}`,
    mirror === undefined
      ? 'hashicorp/aws 5.100.0 from the registry'
      : `hashicorp/aws ${mirror.versions.join(', ')} from a mirror`,
  ].join(', ');
}

const isFive = (version: string): boolean => version.startsWith('5.');

/** @param entry the file of another build of the action */
export async function startMainJob(options: EmulatorOptions = {}, entry?: string): Promise<MainJob> {
  const emulator = await startEmulator(options);
  const node = process.execPath;
  const mirror = findProviderMirror(isFive);
  const common = {
    'state-bucket': emulator.bucket,
    ...(mirror === undefined ? {} : { 'provider-mirror': mirror.dir }),
  };
  const run: MainJob['run'] = (changed = {}, env = {}, event = {}, onOutput = () => undefined) =>
    runAction({
      node,
      entry,
      temp: tempFolder('runner temp'),
      with: { ...ARTICLE, ...common, ...changed },
      env: { ...emulator.env, ...env },
      event,
      onOutput,
    });
  return {
    emulator,
    run,
    apply: (changed = {}, env = {}) => run({ command: 'apply', 'auto-approve': 'true', ...changed }, env),
    cancel: async (moment, changed = {}, env = {}) => {
      const signals = signalAt(moment);
      const ended = await runAction({
        node,
        entry,
        temp: tempFolder('runner temp'),
        with: { ...ARTICLE, ...common, command: 'apply', 'auto-approve': 'true', ...changed },
        env: { ...emulator.env, ...env },
        ...signals.hooks,
      });
      return { ...ended, tookMs: signals.sinceInterrupt() };
    },
    stop: () => emulator.stop(),
  };
}

interface Signals {
  readonly hooks: Required<Pick<ActionRunOptions, 'onStart' | 'onOutput'>>;
  /** Milliseconds since SIGINT was sent; no signal is sent any more. */
  readonly sinceInterrupt: () => number | undefined;
}

function signalAt({ after, milliseconds, sigtermAfterMs = 7_500, signal = 'SIGINT' }: Moment): Signals {
  const timers: NodeJS.Timeout[] = [];
  let pid = 0;
  let log = '';
  let interruptedAt: number | undefined;
  const interrupt = (): void => {
    interruptedAt = Date.now();
    process.kill(pid, signal);
    if (signal === 'SIGINT') timers.push(setTimeout(() => process.kill(pid, 'SIGTERM'), sigtermAfterMs));
  };
  return {
    hooks: {
      onStart: (started) => {
        pid = started;
      },
      onOutput: (text) => {
        log += text;
        if (timers.length === 0 && after.test(log)) timers.push(setTimeout(interrupt, milliseconds));
      },
    },
    sinceInterrupt: () => {
      timers.forEach(clearTimeout);
      return interruptedAt === undefined ? undefined : Date.now() - interruptedAt;
    },
  };
}

/** An output that is a JSON object. */
export function jsonOutput(run: ActionRun, name: string): Record<string, string> {
  return JSON.parse(run.outputs[name] ?? 'null') as Record<string, string>;
}
