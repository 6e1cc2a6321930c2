/**
 * Runs a workflow file as GitHub's runner does, as far as this repository's examples need it: events and paths, `needs`, `if`, `env`,
 * `with`, a matrix, outputs, environments, reusable workflows. Jobs run one after the other. Not looked at: concurrency, timeouts,
 * containers, services, `defaults`, and the permissions other than `id-token`.
 */

import path from 'node:path';
import { parse } from 'yaml';
import { evaluate, interpolate, isWanted, type Contexts, type Outcome } from './expressions.js';

type Texts = Readonly<Record<string, string>>;

interface StepFile {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

interface JobFile {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string | { readonly name: string };
  readonly env?: Readonly<Record<string, unknown>>;
  readonly outputs?: Texts;
  readonly strategy?: { readonly matrix: unknown };
  readonly steps?: readonly StepFile[];
  /** A reusable workflow in place of steps. */
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface WorkflowFile {
  readonly on: unknown;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, JobFile>>;
}

/** What starts the workflow. */
export interface Start {
  readonly event: string;
  readonly pullRequest?: number;
  /** What `workflow_dispatch` was given. */
  readonly inputs?: Texts;
  /** What the push or the pull request changes, for `paths`; without it every path filter lets it through. */
  readonly changedFiles?: readonly string[];
  readonly runId?: number;
  readonly secrets?: Texts;
  readonly vars?: Texts;
}

/** A step that calls an action or runs a script. */
export interface StepCall {
  /** `job`, or `job (matrix values)`. */
  readonly job: string;
  readonly uses: string | undefined;
  readonly run: string | undefined;
  readonly with: Texts;
  /** The whole environment that the runner gives it, without `INPUT_…`. */
  readonly env: Texts;
  readonly payload: unknown;
  readonly environment: string | undefined;
}

export interface StepResult {
  readonly exitCode: number;
  readonly outputs: Texts;
}

/** What is outside the runner. */
export interface Outside {
  /** Begins a job: what the event puts into its environment (with RUNNER_TEMP where there is a folder for it), and its payload. */
  startJob(job: {
    readonly event: string;
    readonly pullRequest?: number;
    readonly environment?: string;
    readonly inputs?: Texts;
    readonly runId?: number;
  }): Promise<{ readonly env: Texts; readonly payload: Readonly<Record<string, unknown>> }>;
  runStep(call: StepCall): Promise<StepResult>;
  /** The text of a file of the repository, for reusable workflows. */
  readFile(file: string): Promise<string>;
  /** Whether the reviewers of an environment let the job through. */
  approve(environment: string): boolean;
}

export interface JobResult {
  readonly result: Outcome;
  readonly outputs: Texts;
}

export interface WorkflowResult {
  /** False when the event or its paths do not start the workflow: nothing ran. */
  readonly started: boolean;
  /** By id; a job of a matrix has one result for all. */
  readonly jobs: Readonly<Record<string, JobResult>>;
}

interface Run {
  readonly file: WorkflowFile;
  readonly start: Start;
  readonly outside: Outside;
  /** The inputs of a called workflow, or of `workflow_dispatch`. */
  readonly inputs: Texts;
  /** The environment that a called workflow gets from nowhere: its caller's is not passed on. */
  readonly env: Contexts;
}

/**
 * @param text of the workflow's YAML file
 * @throws Error for what the runner of the tests does not know
 */
export async function runWorkflow(text: string, start: Start, outside: Outside): Promise<WorkflowResult> {
  const file = parse(text) as WorkflowFile;
  if (!startsOn(file.on, start)) return { started: false, jobs: {} };
  const run: Run = { file, start, outside, inputs: start.inputs ?? {}, env: file.env ?? {} };
  return { started: true, jobs: await runJobs(run) };
}

/** Whether the event starts the workflow: its name, and of pushes and pull requests the paths. */
function startsOn(on: unknown, { event, changedFiles }: Start): boolean {
  if (typeof on === 'string') return on === event;
  if (Array.isArray(on)) return on.includes(event);
  const events = on as Readonly<Record<string, { readonly paths?: readonly string[] } | null>>;
  if (!(event in events)) return false;
  const paths = events[event]?.paths;
  if (paths === undefined || changedFiles === undefined) return true;
  return changedFiles.some((changed) => paths.some((pattern) => path.posix.matchesGlob(changed, pattern)));
}

async function runJobs(run: Run): Promise<Record<string, JobResult>> {
  const done: Record<string, JobResult> = {};
  let waiting = Object.entries(run.file.jobs);
  while (waiting.length > 0) {
    const ready = waiting.filter(([, job]) => needsOf(job).every((need) => need in done));
    if (ready.length === 0)
      throw new Error(`The jobs ${waiting.map(([id]) => id).join(', ')} wait for each other.`);
    for (const [id, job] of ready) done[id] = await runJob(run, { id, job, done });
    waiting = waiting.filter(([id]) => !(id in done));
  }
  return done;
}

const needsOf = ({ needs = [] }: JobFile): readonly string[] => [needs].flat();

interface Place {
  readonly id: string;
  readonly job: JobFile;
  readonly done: Readonly<Record<string, JobResult>>;
}

const SKIPPED: JobResult = { result: 'skipped', outputs: {} };
const FAILED: JobResult = { result: 'failure', outputs: {} };

async function runJob(run: Run, { id, job, done }: Place): Promise<JobResult> {
  const needed = needsOf(job).map((need) => [need, done[need] ?? SKIPPED] as const);
  const results = needed.map(([, { result }]) => result);
  const before: Outcome = results.includes('failure')
    ? 'failure'
    : results.includes('skipped')
      ? 'skipped'
      : 'success';
  const contexts = { ...(await readContexts(run, undefined)), needs: Object.fromEntries(needed) };
  if (!isWanted(job.if, contexts, before)) return SKIPPED;
  const matrices = readMatrix(job, contexts);
  let result: JobResult = { result: 'success', outputs: {} };
  for (const [index, matrix] of matrices.entries()) {
    const strategy = { 'job-index': index, 'job-total': matrices.length };
    const all = { ...contexts, matrix, strategy };
    const one =
      job.uses === undefined ? await runSteps(run, id, job, all) : await callWorkflow(run, job, all);
    // The outputs of a matrix overwrite each other, as on GitHub.
    const outputs = { ...result.outputs, ...one.outputs };
    result = { result: one.result === 'failure' ? 'failure' : result.result, outputs };
  }
  return result;
}

/** `include` alone, lists that are combined, or an expression that gives either. */
function readMatrix(job: JobFile, contexts: Contexts): readonly Contexts[] {
  if (job.strategy === undefined) return [{}];
  const matrix = evaluateAll(job.strategy.matrix, contexts) as Readonly<Record<string, unknown>>;
  const { include = [], exclude, ...axes } = matrix;
  if (exclude !== undefined) throw new Error('The runner of the tests does not know `exclude`.');
  const combined = Object.entries(axes).reduce<Contexts[]>(
    (rows, [name, values]) =>
      rows.flatMap((row) => (values as unknown[]).map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
  const included = include as Contexts[];
  if (Object.keys(axes).length === 0) return included;
  if (included.length > 0)
    throw new Error('The runner of the tests does not know `include` beside other lists.');
  return combined;
}

/** Every text in a structure worked out; one that is a single expression becomes its value. */
function evaluateAll(value: unknown, contexts: Contexts): unknown {
  if (typeof value === 'string') {
    const [, only] = /^\$\{\{([\s\S]+)\}\}$/.exec(value) ?? [];
    return only === undefined ? value : evaluate(only.trim(), contexts);
  }
  if (Array.isArray(value)) return value.map((each) => evaluateAll(each, contexts));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, evaluateAll(each, contexts)]));
}

async function runSteps(run: Run, id: string, job: JobFile, contexts: Contexts): Promise<JobResult> {
  const environment = readEnvironment(job, contexts);
  if (environment !== undefined && !run.outside.approve(environment)) return FAILED;
  const own = await readContexts(run, environment);
  const base = { ...contexts, github: own.github, runner: own.runner };
  const jobEnv = interpolateAll({ ...run.env, ...job.env }, base);
  const steps: Record<string, StepRecord> = {};
  let outcome: Outcome = 'success';
  for (const step of job.steps ?? []) {
    const known = { ...base, env: jobEnv, steps, job: { status: outcome } };
    if (!isWanted(step.if, known, outcome)) continue;
    const call = readCall({ id, job, step, runnerEnv: own.runnerEnv }, known);
    const ended = await run.outside.runStep({ ...call, payload: own.github.event, environment });
    const conclusion: Outcome = ended.exitCode === 0 ? 'success' : 'failure';
    if (conclusion === 'failure') outcome = 'failure';
    if (step.id !== undefined) steps[step.id] = { outputs: ended.outputs, outcome: conclusion, conclusion };
  }
  return { result: outcome, outputs: interpolateAll(job.outputs ?? {}, { ...base, env: jobEnv, steps }) };
}

interface StepPlace {
  readonly id: string;
  readonly job: JobFile;
  readonly step: StepFile;
  /** What the runner itself puts into the environment. */
  readonly runnerEnv: Texts;
}

function readCall(
  { id, job, step, runnerEnv }: StepPlace,
  known: Contexts & { readonly env: Texts },
): Omit<StepCall, 'payload' | 'environment'> {
  const env = { ...runnerEnv, ...known.env, ...interpolateAll(step.env ?? {}, known) };
  return {
    job: nameOf(id, known),
    uses: step.uses,
    run: step.run === undefined ? undefined : interpolate(step.run, known),
    with: interpolateAll(step.with ?? {}, { ...known, env }),
    env: mayAskForTokens(job) ? env : withoutTokenRequest(env),
  };
}

/** A step as the context `steps` has it. */
interface StepRecord {
  readonly outputs: Texts;
  readonly outcome: Outcome;
  readonly conclusion: Outcome;
}

function mayAskForTokens({ permissions }: JobFile): boolean {
  return permissions?.['id-token'] === 'write';
}

function nameOf(id: string, { matrix }: Contexts): string {
  const values = Object.values(matrix as object).filter((value) => value !== '');
  return values.length === 0 ? id : `${id} (${values.map(String).join(', ')})`;
}

function readEnvironment({ environment }: JobFile, contexts: Contexts): string | undefined {
  if (environment === undefined) return undefined;
  return interpolate(typeof environment === 'string' ? environment : environment.name, contexts);
}

function withoutTokenRequest(env: Texts): Texts {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ACTIONS_ID_TOKEN_')));
}

/** A scalar of YAML as the runner passes it on: numbers and booleans as text, null as nothing. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function interpolateAll(
  values: Readonly<Record<string, unknown>>,
  contexts: Contexts,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, interpolate(toText(value), contexts)]),
  );
}

async function readContexts(
  { start, outside, inputs }: Run,
  environment: string | undefined,
): Promise<{ github: Contexts & { event: Contexts }; runner: Contexts; runnerEnv: Texts } & Contexts> {
  const { event, pullRequest, inputs: given, runId } = start;
  const about = { pullRequest, environment, inputs: given, runId };
  const said = Object.entries(about).filter(([, value]) => value !== undefined);
  const { env, payload } = await outside.startJob({ event, ...Object.fromEntries(said) });
  const github = { event: payload, event_name: event, ...describeGithub(env) };
  return {
    github,
    inputs,
    secrets: start.secrets ?? {},
    vars: start.vars ?? {},
    runner: { os: 'Linux', temp: env['RUNNER_TEMP'] ?? '/tmp' },
    env: {},
    matrix: {},
    needs: {},
    steps: {},
    // The token is an input's default, and no variable of the step.
    runnerEnv: Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'GITHUB_TOKEN')),
  };
}

const GITHUB_PROPERTIES = [
  'ref',
  'ref_name',
  'sha',
  'head_ref',
  'base_ref',
  'repository',
  'repository_owner',
  'actor',
  'run_id',
  'run_attempt',
  'server_url',
  'api_url',
  'token',
] as const;

/** The context `github`, as far as it has the same as the variables. */
function describeGithub(env: Texts): Record<string, string> {
  return Object.fromEntries(
    GITHUB_PROPERTIES.map((name) => [name, env[`GITHUB_${name.toUpperCase()}`] ?? '']),
  );
}

interface CalledFile extends WorkflowFile {
  readonly on: {
    readonly workflow_call: null | {
      readonly inputs?: Readonly<Record<string, { readonly default?: unknown; readonly required?: boolean }>>;
      readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
    };
  };
}

/** A reusable workflow: it gets the inputs of its caller and the same event, and none of the caller's `env`. */
async function callWorkflow(run: Run, job: JobFile, contexts: Contexts): Promise<JobResult> {
  // `./FILE`, or `OWNER/REPOSITORY/FILE@COMMIT`.
  const name = (job.uses ?? '').replace(/^(\.\/|[^/]+\/[^/]+\/)/, '').replace(/@[^@]*$/, '');
  const file = parse(await run.outside.readFile(name)) as CalledFile;
  const call = file.on.workflow_call ?? {};
  const given = interpolateAll(job.with ?? {}, contexts);
  const declared = call.inputs ?? {};
  const unknown = Object.keys(given).filter((input) => !(input in declared));
  if (unknown.length > 0) throw new Error(`${name} has no input ${unknown.join(', ')}.`);
  const inputs = Object.entries(declared).map(([input, { default: fallback, required }]) => {
    if (required === true && given[input] === undefined) throw new Error(`${name} needs the input ${input}.`);
    return [input, given[input] ?? toText(fallback)] as const;
  });
  const done = await runJobs({ ...run, file, env: file.env ?? {}, inputs: Object.fromEntries(inputs) });
  const results = Object.values(done).map(({ result }) => result);
  const outputs = Object.fromEntries(
    Object.entries(call.outputs ?? {}).map(([output, { value }]) => [
      output,
      interpolate(value, { ...contexts, jobs: done }),
    ]),
  );
  return { result: results.includes('failure') ? 'failure' : 'success', outputs };
}
