/**
 * Each AWS call of the main job × each way in which a call goes wrong.
 *
 * A case is one call and one fault, at the first such call of an apply that creates a primary and a replica. The faults
 * that pass (throttling, a 500, a connection reset or never answered) should be survived: those of one kind happen in
 * one run together, at each call once, and only if that run does not end well each has a run of its own. Where an answer
 * gets lost after the call was carried out, and where the credentials are over, each case has its own run.
 *
 * `npm test` runs every call and every fault, but of the last two only a part that is the same each time;
 * `npm run test:faults` runs each case by itself.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import type { Call, Emulator, Fault } from '../../emulator/index.js';
import { putVersion } from '../../emulator/aws/s3/store.js';
import { keysInState, readLedger, type Ledger } from '../support/ledger.js';
import { describeTools, startMainJob, type MainJob } from '../support/main-job.js';
import { pooled } from '../support/pooled.js';

vi.setConfig({ testTimeout: 7_200_000, hookTimeout: 7_200_000 });

const ALL = process.env['ALL_FAULTS'] === '1';
const AT_ONCE = 4;

/** One call of the main job, as faults are matched. */
interface ApiCall {
  readonly name: string;
  readonly match: Pick<NonNullable<Fault['match']>, 'service' | 'action' | 'resource'>;
}

interface FaultKind {
  readonly name: string;
  readonly effect: Fault['effect'];
  /** Until it stops by itself; without an end when left out. */
  readonly count?: number;
  /** True where one run can have it at every call. */
  readonly passes: boolean;
}

const FAULTS: readonly FaultKind[] = [
  { name: 'throttled', effect: { type: 'throttle' }, count: 2, passes: true },
  { name: 'a 500', effect: { type: 'internal-error' }, count: 2, passes: true },
  // The SDKs for Go and JavaScript have no time limit for an answer: here the network's ends it.
  { name: 'never answered', effect: { type: 'timeout', seconds: 3 }, count: 1, passes: true },
  { name: 'connection reset', effect: { type: 'reset' }, count: 1, passes: true },
  { name: 'answer lost', effect: { type: 'reset', when: 'after' }, count: 1, passes: false },
  { name: 'token expired', effect: { type: 'expired-token' }, passes: false },
];

/** Calls that change something: of these a lost answer matters. */
const WRITES = /^(Create|Replicate|Put|Delete|Enable|Assume)/;

/** Of the cases with a run of their own, those that `npm test` runs. */
const ALWAYS: ReadonlySet<string> = new Set([
  ...['CreateKey', 'ReplicateKey', 'CreateAlias', 'PutObject state', 'PutObject lock'].map(
    (call) => `${call}, answer lost`,
  ),
  ...['AssumeRoleWithWebIdentity', 'GetCallerIdentity', 'CreateKey', 'ReplicateKey', 'PutObject state'].map(
    (call) => `${call}, token expired`,
  ),
]);

/** Of those, the ones that the run mends itself: what was made is imported. */
const MENDED: ReadonlySet<string> = new Set(['ReplicateKey, answer lost', 'CreateAlias, answer lost']);

interface Case {
  readonly name: string;
  readonly call: ApiCall;
  readonly fault: FaultKind;
}

type Verdict = 'survived' | 'explained' | 'neither' | 'did not happen';

interface Result {
  readonly cases: readonly Case[];
  /** The cases whose fault did not happen. */
  readonly unseen: readonly string[];
  readonly run: ActionRun;
  readonly ledger: Ledger;
  /** Of the keys that the state does not know, those that the run does not name either. */
  readonly unsaid: readonly string[];
  readonly verdict: Verdict;
}

const ONE_REPLICA = { 'replica-regions': 'ap-southeast-2' };

function applyWithRole(job: MainJob): Promise<ActionRun> {
  const changed = {
    ...ONE_REPLICA,
    command: 'apply',
    'auto-approve': 'true',
    'role-to-assume': job.emulator.role,
  };
  return job.run(changed, { GITHUB_REPOSITORY: 'octo-org/octo-repo' });
}

/** An AWS whose bucket has a state already, without a key in it, so that the run has one to read. */
async function startWithState(): Promise<MainJob> {
  const job = await startMainJob();
  const bucket = job.emulator.s3.find(job.emulator.bucket);
  if (bucket === undefined) throw new Error('the emulator has no bucket');
  const state = {
    version: 4,
    terraform_version: '1.5.0',
    serial: 1,
    lineage: 'f',
    outputs: {},
    resources: [],
  };
  putVersion(bucket, 'aws-kms-multi-region-key/aws_cb_cmk.tfstate', {
    versionId: 'null',
    body: Buffer.from(JSON.stringify(state)),
    etag: '"state"',
    modifiedAt: Date.now(),
    deleted: false,
    headers: {},
  });
  return job;
}

/** The distinct calls of a run in which nothing goes wrong, state and lock told apart. */
async function listCalls(): Promise<ApiCall[]> {
  const job = await startWithState();
  try {
    const clean = await applyWithRole(job);
    expect({ log: clean.stdout, exitCode: clean.exitCode }).toEqual({ log: clean.stdout, exitCode: 0 });
    const aws = job.emulator.calls.all.filter(({ service }) => service !== 'github');
    return [...new Map(aws.map((call) => [nameOf(call), toApiCall(call)])).values()];
  } finally {
    await job.stop();
  }
}

function suffixOf({ service, resource = '' }: Call): string | undefined {
  if (service !== 's3') return undefined;
  return /\.tf(?:state|lock)$/.exec(resource.replace('.tfstate.tflock', '.tflock'))?.[0];
}

function nameOf(call: Call): string {
  const suffix = suffixOf(call);
  return suffix === undefined ? call.action : `${call.action} ${suffix === '.tflock' ? 'lock' : 'state'}`;
}

function toApiCall(call: Call): ApiCall {
  const suffix = suffixOf(call);
  const { service, action } = call;
  return {
    name: nameOf(call),
    match: { service, action, ...(suffix === undefined ? {} : { resource: `*${suffix}` }) },
  };
}

async function runCases(cases: readonly Case[]): Promise<Result> {
  const job = await startWithState();
  try {
    const watched = cases.map(({ call, fault: { effect, count } }) =>
      job.emulator.faults.watch({
        match: { ...call.match, ...(count === undefined ? {} : { count }) },
        effect,
      }),
    );
    const run = await applyWithRole(job);
    const unseen = cases.filter((_, index) => watched[index]?.happened() === 0).map(({ name }) => name);
    job.emulator.faults.clear();
    const ledger = readLedger(job.emulator);
    const kept = keysInState(await readKeptState(run));
    const unsaid = ledger.unknown.filter((key) => !isNamed(key, run, job.emulator) && !kept.includes(key));
    return { cases, unseen, run, ledger, unsaid, verdict: judge(run, ledger, unseen) };
  } finally {
    await job.stop();
  }
}

/** The state that the run could not save and kept as a file, which its error has to name; empty where there is none. */
async function readKeptState({ outputs, stdout }: ActionRun): Promise<string> {
  const file = outputs['errored-state-path'];
  const isTold =
    file !== undefined && stdout.split('\n').some((line) => /^::error /.test(line) && line.includes(file));
  return isTold ? readFile(file, 'utf8') : '';
}

/** Whether the run's error or warning has the key's ARN. */
function isNamed(key: string, { stdout }: ActionRun, { account }: Emulator): boolean {
  const [region = '', id = ''] = key.split('/');
  const arn = `arn:aws:kms:${region}:${account}:key/${id}`;
  return stdout.split('\n').some((line) => /^::(error|warning) /.test(line) && line.includes(arn));
}

function judge(run: ActionRun, ledger: Ledger, unseen: readonly string[]): Verdict {
  if (unseen.length > 0) return 'did not happen';
  const errors = run.stdout.match(/^::error title=.*$/gm) ?? [];
  if (run.exitCode === 0) {
    const balanced = ledger.missing.length + ledger.locks.length + ledger.tainted.length === 0;
    return balanced && errors.length === 0 ? 'survived' : 'neither';
  }
  // One message in whole sentences, which says what was done, and no more than the log of Terraform beside it.
  const plain = errors.length === 1 && /::[A-Z`].*\. .*[.:]/.test(errors.join(''));
  const locked = ledger.locks.length > 0 && !/lock/.test(errors.join(''));
  return plain && !locked ? 'explained' : 'neither';
}

/** A pack that does not end well says of no case alone how it ends, so each is run by itself. */
async function runPack(pack: readonly Case[]): Promise<Result[]> {
  const together = await runCases(pack);
  if (together.verdict === 'survived' || pack.length === 1) return [together];
  process.stderr.write(
    `  not survived together (${together.verdict}: ${together.unseen.join(', ')}): ${pack.map(({ name }) => name).join('; ')}\n`,
  );
  return Promise.all(pack.map((each) => runCases([each])));
}

function packCases(cases: readonly Case[]): Case[][] {
  if (ALL) return cases.map((each) => [each]);
  const passing = FAULTS.filter(({ passes }) => passes).map((fault) =>
    cases.filter((each) => each.fault === fault),
  );
  const reads = cases.filter(({ call, fault }) => fault.name === 'answer lost' && !WRITES.test(call.name));
  return [...passing, reads, ...cases.filter(({ name }) => ALWAYS.has(name)).map((each) => [each])];
}

beforeAll(() => {
  process.stderr.write(`The fault matrix runs with ${describeTools()}.\n`);
});

test('whatever goes wrong with one of its calls, the main job ends right or says plainly what is wrong, and no key is lost', async () => {
  const calls = await listCalls();
  expect(calls.length).toBeGreaterThanOrEqual(18);
  const cases = FAULTS.flatMap((fault) =>
    calls.map((call): Case => ({ name: `${call.name}, ${fault.name}`, call, fault })),
  );
  const packs = packCases(cases);
  const results = (await pooled(packs, AT_ONCE, runPack)).flat();
  report(cases.length, results);
  for (const { cases: of, run, ledger, unsaid, verdict } of results) {
    const where = `${of.map(({ name }) => name).join('; ')}\n${run.stdout}`;
    expect({ where, verdict: ['survived', 'explained'].includes(verdict) ? 'well' : verdict }).toEqual({
      where,
      verdict: 'well',
    });
    if (of.some(({ name }) => MENDED.has(name))) {
      expect({ where, verdict, unknown: ledger.unknown }).toEqual({
        where,
        verdict: 'survived',
        unknown: [],
      });
      expect(run.summary).toContain('but its answer was lost');
    }
    expect({ where, unsaid }).toEqual({ where, unsaid: [] });
    expect({ where, missing: ledger.missing }).toEqual({ where, missing: [] });
  }
});

/** The figures, and each case that was not simply survived. */
function report(total: number, results: readonly Result[]): void {
  const count = (which: (result: Result) => boolean): number =>
    results.filter(which).reduce((sum, { cases }) => sum + cases.length, 0);
  const ran = count(() => true);
  const unknown = results.flatMap(({ ledger }) => ledger.unknown);
  const unsaid = results.flatMap((result) => result.unsaid);
  process.stderr.write(
    [
      `The fault matrix: ${ran} of ${total} cases${ran < total ? ' (npm run test:faults runs all)' : ''} in ${results.length} runs: ${count(({ verdict }) => verdict === 'survived')} survived, ${count(({ verdict }) => verdict === 'explained')} explained; keys unknown to the state: ${unknown.length}, of which the run does not tell: ${unsaid.length}.`,
      ...results
        .filter(({ verdict, ledger }) => verdict !== 'survived' || ledger.unknown.length > 0)
        .map(describeResult),
      '',
    ].join('\n'),
  );
}

function describeResult({ cases, run, verdict, ledger, unseen }: Result): string {
  const said = /^::error title=[^:]*::(.*)$/m.exec(run.stdout)?.[1] ?? `exit code ${run.exitCode}`;
  const facts = [
    ...ledger.unknown.map((key) => `unknown: ${key}`),
    ...ledger.locks.map((key) => `locked: ${key}`),
    ...ledger.tainted.map((address) => `marked: ${address}`),
    ...unseen.map((name) => `did not happen: ${name}`),
  ];
  return `  ${cases.map(({ name }) => name).join('; ')}: ${verdict}. ${said.slice(0, 400)}${facts.length > 0 ? ` [${facts.join(', ')}]` : ''}`;
}
