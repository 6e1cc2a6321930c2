/**
 * Whole runs of the action without Terraform: `run` with everything it does by itself, AWS and GitHub emulated, and in
 * Terraform's place a program that answers with what a real one said when the plans of `golden/plans` were recorded.
 */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateAliasCommand, PutKeyPolicyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import type { EventOptions } from '../../emulator/github/events.js';
import type { Deps, Exec, ExecRequest, ExecResult } from '../../src/deps.js';
import { createLog } from '../../src/runner/log.js';
import { run } from '../../src/main.js';
import { buildPlanModel } from '../../src/plan/model.js';
import type { PlanModel } from '../../src/plan/types.js';
import { tellFailure } from '../../src/tell-failure.js';
import { PICTURED_HEAD } from '../../scripts/pictures/scenes.js';
import { createFamily, kmsIn } from '../../emulator/__tests__/support.js';
import { readFailure, type RecordedFailure } from './failures.js';
import { asOnThatDay } from './golden-text.js';
import { ARTICLE, withBlock } from './inputs.js';
import { planText } from './plan-builder.js';
import { loadEvent } from './run-context.js';
import { tempFolder } from './temp-folder.js';

const GOLDEN = path.join(import.meta.dirname, '..', 'golden', 'plans');
const REGIONS = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;

/** The id that recorded plans have in the place of the key's. */
const RECORDED_ID = `mrk-${'1'.repeat(32)}`;

/** What Terraform answers in one run. */
export interface Recorded {
  /** Of a plan in `golden/plans`. */
  readonly plan: string;
  /** What a plan has that differs from the recorded one. */
  readonly alter?: ((json: string) => string) | undefined;
  /** Whether the state can be pulled, with what the plan found there. */
  readonly hasState?: boolean;
  /** A failure of `golden/failures`, with which the command that it was recorded of ends. */
  readonly fails?: string;
  /** What happens as it applies, before it ends. */
  readonly onApply?: () => unknown;
}

/** Everything that a run told, each in the place where it told it. */
export interface Told {
  readonly log: string;
  /** Level, title and text of each. */
  readonly annotations: readonly string[];
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly failed: boolean;
}

/** AWS, and GitHub with a pull request that is open, for runs that follow one another. */
export class RecordedWorld {
  readonly cancellation = new AbortController();

  private constructor(
    readonly emulator: Emulator,
    readonly keyId: string,
    readonly secondMs: number,
  ) {}

  /**
   * @param keyId the id that the plans have which are going to be played
   * @param secondMs how long a run waits where it means to wait a second
   */
  static async open(keyId = RECORDED_ID, secondMs = 1_000): Promise<RecordedWorld> {
    const emulator = await startEmulator();
    const { github } = emulator;
    github.pushToBranch({ repository: REPOSITORY, branch: 'main', sha: COMMITS.main });
    github.addPullRequest({ repository: REPOSITORY, number: 1, headSha: COMMITS.head });
    return new RecordedWorld(emulator, keyId, secondMs);
  }

  async close(): Promise<void> {
    for (const name of OF_THE_PROCESS) Reflect.deleteProperty(process.env, name);
    await this.emulator.stop();
  }

  /** Makes the article's key as an apply of the first plan leaves it. */
  async makeKeys(plan = 'first-creation'): Promise<void> {
    const json = readPlan(plan);
    const { resources } = buildPlanModel(JSON.parse(json));
    this.emulator.kms.settings.nextKeyIds.push(this.keyId);
    await createFamily(this.emulator, REGIONS);
    for (const region of REGIONS) {
      const kms = kmsIn(this.emulator, region);
      const key = resources.find((each) => each.region === region && each.kind !== 'alias');
      const Policy = String(key?.after?.['policy']);
      await kms.send(new PutKeyPolicyCommand({ KeyId: this.keyId, Policy }));
      await kms.send(new CreateAliasCommand({ AliasName: ALIAS, TargetKeyId: this.keyId }));
    }
  }

  /** Merges pull request 1. */
  merge(): void {
    const merge = {
      repository: REPOSITORY,
      number: 1,
      method: 'squash',
      mergeCommitSha: COMMITS.merge,
    } as const;
    this.emulator.github.mergePullRequest(merge);
  }

  /** What an apply of a destruction does in AWS. */
  async deleteKeys(): Promise<void> {
    for (const region of [...REGIONS].reverse())
      await kmsIn(this.emulator, region).send(new ScheduleKeyDeletionCommand({ KeyId: this.keyId }));
  }

  /** The root outputs after an apply of the plan. */
  #outputs({ destroys }: PlanModel): Record<string, unknown> {
    if (destroys) return { account_id: ACCOUNT };
    const mapOf = (what: string): Record<string, string> =>
      Object.fromEntries(REGIONS.map((region) => [region, `arn:aws:kms:${region}:${ACCOUNT}:${what}`]));
    const { [REGIONS[0]]: primary, ...replicas } = mapOf(`key/${this.keyId}`);
    return {
      primary_key_arn: primary,
      key_id: this.keyId,
      key_arns: { [REGIONS[0]]: primary, ...replicas },
      replica_key_arns: replicas,
      alias_arns: mapOf(ALIAS),
      account_id: ACCOUNT,
    };
  }

  /** The bodies of the comments on pull request 1. */
  comments(): string[] {
    const place = { repository: REPOSITORY, number: 1 };
    return this.emulator.github.comments(place).map(({ body }) => this.asRecorded(body));
  }

  /** A text without what differs from run to run. */
  asRecorded(text: string): string {
    return asOnThatDay(text, this.emulator.clock.now())
      .replaceAll(/\(\d+\.\d s\)$/gm, '(0.0 s)')
      .replaceAll(this.emulator.url, 'http://emulator');
  }

  /**
   * One run, from its inputs to its end.
   * @param inputs the article's unless changed; an empty text takes one away
   * @param event of a push without a pull request unless told
   */
  async run(
    inputs: Readonly<Record<string, string>>,
    recorded: Recorded,
    event: EventOptions = { event: 'push' },
  ): Promise<Told> {
    const folder = tempFolder('recorded-run');
    const { env: job, payload } = this.emulator.github.startEvent(event);
    const eventFile = path.join(folder, 'event.json');
    writeFileSync(eventFile, JSON.stringify(payload));
    const env: Record<string, string | undefined> = {
      ...this.emulator.env,
      ...job,
      ...withBlock({ ...ARTICLE, 'state-bucket': this.emulator.bucket, ...COMMON, ...inputs }),
      ...withBlock({ 'github-token': job['GITHUB_TOKEN'] ?? this.emulator.env['GITHUB_TOKEN'] ?? '' }),
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_PATH: eventFile,
      GITHUB_WORKSPACE: folder,
      RUNNER_TEMP: folder,
      RUNNER_TOOL_CACHE: path.join(folder, 'tools'),
      PATH: installFake(folder),
    };
    // AWS's SDK and GitHub's toolkit read these by themselves.
    for (const name of OF_THE_PROCESS) process.env[name] = env[name];
    const heard = hear();
    const deps: Deps = {
      env,
      setEnv: (name, value) => {
        env[name] = value;
      },
      loadEvent: () => Promise.resolve(loadEvent(env)),
      log: heard.log,
      exec: this.#play(recorded),
      clock: {
        now: () => this.emulator.clock.now(),
        sleep: async (milliseconds, signal) => {
          const shorter = (milliseconds * this.secondMs) / 1_000;
          await sleep(shorter, undefined, signal === undefined ? {} : { signal });
        },
      },
      platform: { os: process.platform, arch: process.arch },
      memory: () => ({ totalBytes: 16e9, availableBytes: 16e9 }),
      runner: heard.runner,
      moduleDir: path.join(import.meta.dirname, '..', '..', 'terraform'),
      cancelled: this.cancellation.signal,
    };
    const failed = await run(deps).then(
      () => false,
      (thrown: unknown) => {
        tellFailure(thrown, deps);
        return true;
      },
    );
    return heard.told(failed, (text) =>
      this.asRecorded(text)
        .replaceAll(folder, '<temp>')
        .replaceAll(/(run|report)-\w{6}(?=\/)/g, '$1-XXXXXX'),
    );
  }

  /** The state as `show -json` prints it, with what the plan found there. */
  #state(plan: string): string {
    const { resource_changes: changes = [], planned_values: { outputs } = {} } = JSON.parse(
      readPlan(plan),
    ) as RawPlan;
    const resources = changes
      .filter(({ change }) => change.before !== null)
      .map(({ change, ...resource }) => ({ ...resource, values: change.before }));
    return JSON.stringify({ values: { outputs, root_module: { resources } } });
  }

  /** The same as the backend has it, as far as the action reads it. */
  #stateFile(plan: string): string {
    const { resource_changes: changes = [] } = JSON.parse(readPlan(plan)) as RawPlan;
    const resources = changes
      .filter(({ change }) => change.before !== null)
      .map(({ module_address: module, mode, type, change }) => ({
        module,
        mode,
        type,
        instances: [{ attributes: change.before }],
      }));
    return JSON.stringify({ version: 4, serial: 1, resources });
  }

  #play(recorded: Recorded): Exec {
    const { alter = (json: string) => json } = recorded;
    const answers: Readonly<Record<string, (request: ExecRequest) => string | Promise<string>>> = {
      version: () => JSON.stringify({ terraform_version: '1.11.4' }),
      init: ({ cwd }) => {
        writeFileSync(path.join(cwd, '.terraform.lock.hcl'), LOCK_FILE);
        return 'Terraform has been successfully initialized!\n';
      },
      plan: () => readText(recorded.plan),
      show: ({ args }) => (args.length > 2 ? alter(readPlan(recorded.plan)) : this.#state(recorded.plan)),
      state: () => (recorded.hasState === true ? this.#stateFile(recorded.plan) : ''),
      apply: async () => {
        await recorded.onApply?.();
        const model = buildPlanModel(JSON.parse(readPlan(recorded.plan)));
        return applyEvents(model, this.#outputs(model));
      },
    };
    const failure = recorded.fails === undefined ? undefined : readFailure(recorded.fails);
    return async (request) => {
      const command = request.args[0] ?? '';
      const answer = answers[command];
      if (answer === undefined) throw new Error(`Nobody recorded terraform ${command}.`);
      const stdout = await answer(request);
      return failure?.command === command
        ? say(request, failure)
        : say(request, { exitCode: 0, stderr: [], stdout: stdout.replace(/\n$/, '').split('\n') });
    };
  }
}

const readPlan = (name: string): string => readFileSync(path.join(GOLDEN, `${name}.json`), 'utf8');

/** Terraform's own description of the plan, where it was recorded. */
function readText(name: string): string {
  const file = path.join(GOLDEN, `${name}.txt`);
  return existsSync(file) ? readFileSync(file, 'utf8') : planText(buildPlanModel(JSON.parse(readPlan(name))));
}

interface RawPlan {
  readonly resource_changes?: readonly {
    readonly module_address?: string;
    readonly mode?: string;
    readonly type?: string;
    readonly change: { readonly before: unknown };
  }[];
  readonly planned_values?: { readonly outputs?: unknown };
}

const OF_THE_PROCESS = [
  'AWS_ENDPOINT_URL',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
] as const;

const COMMITS = { main: 'c'.repeat(40), head: PICTURED_HEAD, merge: 'b'.repeat(40) };

const REPOSITORY = 'octo-org/octo-repo';
const ACCOUNT = '999900001111';
const ALIAS = 'alias/aws_cb_cmk';
const COMMON = { 'terraform-version': '1.11.4', 'aws-provider-version': '5.100.0' };

const LOCK_FILE = `provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "5.100.0"
  hashes = ["h1:recorded"]
}
`;

/** A folder for PATH with a file that is found as Terraform; it is never started. */
function installFake(folder: string): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const file = path.join(bin, process.platform === 'win32' ? 'terraform.exe' : 'terraform');
  writeFileSync(file, '');
  chmodSync(file, 0o755);
  return bin;
}

function say(
  { onStdoutLine, onStderrLine }: ExecRequest,
  { exitCode, stdout, stderr }: Pick<RecordedFailure, 'exitCode' | 'stdout' | 'stderr'>,
): ExecResult {
  stdout.forEach((line) => onStdoutLine?.(line));
  stderr.forEach((line) => onStderrLine?.(line));
  return { exitCode, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
}

/** Terraform's machine-readable messages on an apply of the plan that goes well. */
function applyEvents({ resources }: PlanModel, outputs: Record<string, unknown>): string {
  const hooks = resources
    .filter(({ action }) => action !== 'no-op' && action !== 'read')
    .flatMap(({ address, action }) =>
      ['apply_start', 'apply_complete'].map((type) => ({
        '@message': `${address}: ${type}`,
        type,
        hook: { resource: { addr: address }, action, elapsed_seconds: 0 },
      })),
    );
  const values = Object.entries(outputs).map(([name, value]) => [name, { value }]);
  const last = { '@message': 'Outputs', type: 'outputs', outputs: Object.fromEntries(values) as unknown };
  return [...hooks, last].map((event) => JSON.stringify(event)).join('\n');
}

interface Heard {
  readonly log: Deps['log'];
  readonly runner: Deps['runner'];
  readonly told: (failed: boolean, plain: (text: string) => string) => Told;
}

/** The runner's side of a step: what it was told, and where. */
export function hear(): Heard {
  let written = '';
  let summary = '';
  const annotations: string[] = [];
  const outputs: Record<string, string> = {};
  const annotate =
    (level: string) =>
    (message: string | Error, properties?: { readonly title?: string }): void => {
      annotations.push(`${level} · ${properties?.title ?? ''}\n${String(message)}`);
      written += `::${level} title=${properties?.title ?? ''}::${String(message)}\n`;
    };
  const log = createLog({
    write: (text) => {
      written += text;
    },
    toolkit: {
      debug: () => undefined,
      notice: annotate('notice'),
      warning: annotate('warning'),
      error: annotate('error'),
      setSecret: () => undefined,
      startGroup: (name) => {
        written += `::group::${name}\n`;
      },
      endGroup: () => {
        written += '::endgroup::\n';
      },
    },
    colour: false,
    newToken: () => 'token',
  });
  return {
    log,
    runner: {
      setOutput: (name, value) => {
        outputs[name] = value;
      },
      addSummary: (markdown) => {
        summary += log.redact(markdown);
        return Promise.resolve();
      },
    },
    told: (failed, plain) => ({
      log: plain(written),
      annotations: annotations.map(plain),
      summary: plain(summary),
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, plain(value)])),
      failed,
    }),
  };
}
