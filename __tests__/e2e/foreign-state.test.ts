import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { currentVersion, putVersion } from '../../emulator/aws/s3/store.js';
import { holdCalls } from '../support/hold-calls.js';
import { describeTools, startMainJob, type MainJob } from '../support/main-job.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let job: MainJob;
beforeAll(async () => {
  process.stderr.write(`The tests of foreign states run with ${describeTools()}.\n`);
  job = await startMainJob();
});
afterAll(() => job.stop());

type State = Record<string, unknown> & { resources: Record<string, unknown>[] };

const AWS = 'provider["registry.terraform.io/hashicorp/aws"]';
const ORDERS = { 'replica-regions': '', alias: 'shop/orders', 'state-key': 'shop.tfstate' };
const INVOICES = { ...ORDERS, alias: 'shop/invoices' };

function readStateText(key: string): string {
  const bucket = job.emulator.s3.find(job.emulator.bucket);
  const found = bucket === undefined ? undefined : currentVersion(bucket, key);
  if (found === undefined) throw new Error(`there is no ${key}`);
  return found.body.toString();
}

function putState(key: string, change: (state: State) => State): void {
  const bucket = job.emulator.s3.find(job.emulator.bucket);
  if (bucket === undefined) throw new Error('there is no bucket');
  const state = change(JSON.parse(readStateText('shop.tfstate')) as State);
  const body = Buffer.from(JSON.stringify(state));
  putVersion(bucket, key, {
    versionId: 'null',
    body,
    etag: '"put"',
    modifiedAt: Date.now(),
    deleted: false,
    headers: {},
  });
}

/** The calls that change something in KMS since there were so many. */
function changesSince(count: number): string[] {
  return job.emulator.calls.all
    .slice(count)
    .filter(({ service, action }) => service === 'kms' && !/^(?:Describe|Get|List)/.test(action))
    .map(({ action }) => action);
}

/** Every command that there is, with all that a user could confirm. */
async function tryEverything(inputs: Record<string, string>): Promise<ActionRun[]> {
  const confirmed = { ...inputs, 'confirm-destroy': inputs['alias'] ?? '', 'allow-recovery': 'true' };
  return [
    await job.run(inputs),
    await job.apply({ ...confirmed, 'allow-destroy': 'true' }),
    await job.apply({ ...confirmed, command: 'destroy' }),
    await job.run({ ...inputs, command: 'drift' }),
  ];
}

async function expectStopped(
  inputs: Record<string, string>,
  said: string,
  runs = tryEverything,
): Promise<void> {
  const [before, calls] = [readStateText(inputs['state-key'] ?? ''), job.emulator.calls.all.length];
  for (const { exitCode, stdout } of await runs(inputs)) {
    expect(stdout).toContain(said);
    expect(exitCode).toBe(1);
  }
  expect(changesSince(calls)).toEqual([]);
  expect(readStateText(inputs['state-key'] ?? '')).toBe(before);
}

describe('a state that belongs to another alias', () => {
  test('is made by two first creations at once: the second waits, and finds the key of the first', async () => {
    const proxy = await holdCalls(job.emulator.url, 'TrentService.CreateKey');
    try {
      const auto = { command: 'apply', 'auto-approve': 'true' };
      const first = job.run({ ...ORDERS, ...auto }, { AWS_ENDPOINT_URL: proxy.url });
      await proxy.waiting;
      const second = job.run({ ...INVOICES, ...auto }, {}, {}, (text) => {
        if (text.includes('waiting for the lock')) proxy.release();
      });
      expect((await first).exitCode).toBe(0);
      const refused = await second;
      expect(refused.exitCode).toBe(1);
      expect(refused.stdout).toContain('The state belongs to alias/shop/orders, not to alias/shop/invoices');
      expect(job.emulator.kms.keys('ap-southeast-1')).toHaveLength(1);
    } finally {
      proxy.release();
      await proxy.stop();
    }
  });

  test('stops every command, whatever is confirmed, and its summary says so first', async () => {
    await expectStopped(INVOICES, 'The state belongs to alias/shop/orders, not to alias/shop/invoices');
    const verified = await job.run({ ...INVOICES, command: 'verify' });
    expect(verified.exitCode).toBe(1);
    expect(verified.stdout).toContain('The state belongs to alias/shop/orders');
    const planned = await job.run(INVOICES);
    expect(planned.summary).toMatch(/^### ⛔ `?alias\/shop\/invoices`?: this state is another's/m);
  });

  test('gets the other name only where the rename is said', async () => {
    const wrong = await job.apply({ ...INVOICES, 'rename-alias-from': 'shop/order' });
    expect(wrong.stdout).toContain('not to alias/shop/invoices, and not alias/shop/order either');
    const renamed = await job.apply({ ...INVOICES, 'rename-alias-from': 'alias/shop/orders' });
    expect(renamed).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '1', 'to-change': '0' } });
    expect((await job.run(INVOICES)).outputs['has-changes']).toBe('false');
    expect((await job.run(ORDERS)).exitCode).toBe(1);
    const back = await job.apply({ ...ORDERS, 'rename-alias-from': 'shop/invoices' });
    expect(back.exitCode).toBe(0);
  });
});

describe('a state with a key that has no alias yet', () => {
  const NOTE = 'state_of_alias';
  const withoutAlias = (state: State, outputs: object): State => ({
    ...state,
    outputs,
    resources: state.resources.filter(({ type }) => type !== 'aws_kms_alias'),
  });

  test('is the one’s whose apply made it', async () => {
    const { [NOTE]: note } = (JSON.parse(readStateText('shop.tfstate')) as { outputs: State }).outputs;
    expect(note).toMatchObject({ value: 'alias/shop/orders' });
    putState('bare.tfstate', (state) => withoutAlias(state, { [NOTE]: note }));
    const said = 'The state belongs to alias/shop/orders, not to alias/shop/invoices';
    await expectStopped({ ...INVOICES, 'state-key': 'bare.tfstate' }, said, async (inputs) => [
      await job.apply(inputs),
      await job.run({ ...inputs, command: 'verify' }),
    ]);
    const planned = await job.run({ ...ORDERS, 'state-key': 'bare.tfstate' });
    // The alias is in AWS, which the guard has a word for; the state is this alias's.
    expect(planned.outputs).toMatchObject({ 'to-add': '1', 'to-destroy': '0' });
    expect(planned.stdout).not.toContain('The state belongs to');
    expect(planned.summary).not.toContain(NOTE);
  });

  test('says nothing where an older version wrote it, and is planned as ever', async () => {
    putState('old.tfstate', (state) => withoutAlias(state, {}));
    const planned = await job.run({ ...ORDERS, 'state-key': 'old.tfstate' });
    expect(planned.outputs).toMatchObject({ 'to-add': '1', 'to-destroy': '0' });
    expect(planned.stdout).not.toContain('The state belongs to');
  });
});

describe('a state that holds something else', () => {
  test('at other addresses than ours: a key of our own type', async () => {
    putState('root.tfstate', (state) => ({
      ...state,
      outputs: {},
      resources: state.resources
        .filter(({ mode }) => mode === 'managed')
        .map((resource) => ({ ...resource, module: undefined })),
    }));
    await expectStopped(
      { ...ORDERS, 'state-key': 'root.tfstate' },
      'The state belongs to something else: it holds aws_kms_alias.this and aws_kms_key.this, and no key.',
    );
  });

  test('beside our key', async () => {
    putState('mixed.tfstate', (state) => ({
      ...state,
      resources: [
        ...state.resources,
        {
          module: 'module.other',
          mode: 'managed',
          type: 'terraform_data',
          name: 'x',
          provider: 'provider["terraform.io/builtin/terraform"]',
          instances: [
            { schema_version: 0, attributes: { id: 'a', input: null, output: null, triggers_replace: null } },
          ],
        },
      ],
    }));
    await expectStopped(
      { ...ORDERS, 'state-key': 'mixed.tfstate' },
      "Beside the key of alias/shop/orders the state holds what is not this action's: module.other.terraform_data.x.",
    );
    const { outputs, summary } = await job.run({
      ...ORDERS,
      'state-key': 'mixed.tfstate',
      command: 'drift',
    });
    expect(outputs).toMatchObject({ result: 'refused', drifted: 'true' });
    expect(summary).toContain('module.other.terraform_data.x');
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'of another provider',
      { type: 'random_id', provider: 'provider["registry.terraform.io/hashicorp/random"]' },
      'it holds resources of the provider hashicorp/random, and this action uses hashicorp/aws alone',
    ],
    [
      'whose provider is configured elsewhere',
      { module: 'module.vpc', type: 'aws_sqs_queue', provider: `module.vpc.${AWS}.east` },
      "it holds module.vpc.aws_sqs_queue.x, which this action's configuration does not have",
    ],
    ['that these credentials may not read', { type: 'aws_sqs_queue', provider: AWS }, 'aws_sqs_queue.x'],
    [
      'of a type that the provider does not have',
      { type: 'aws_gone_thing', provider: AWS },
      'it holds aws_gone_thing.x',
    ],
  ])('%s', async (name, resource, said) => {
    const key = `${name.replaceAll(' ', '-')}.tfstate`;
    putState(key, (state) => ({
      ...state,
      outputs: {},
      resources: [
        {
          mode: 'managed',
          name: 'x',
          instances: [
            { schema_version: 0, attributes: { id: 'https://sqs.ap-southeast-1.amazonaws.com/1/q' } },
          ],
          ...resource,
        },
      ],
    }));
    // None of them comes as far as a plan, so one command stands for all.
    await expectStopped({ ...ORDERS, 'state-key': key }, said, async (inputs) => [
      await job.apply({ ...inputs, 'allow-destroy': 'true', 'confirm-destroy': 'shop/orders' }),
    ]);
  });
});

test('two aliases in one job each have a local state of their own', async () => {
  const temp = tempFolder('one job');
  await mkdir(temp, { recursive: true });
  const local = { 'state-bucket': '', 'state-key': '', 'replica-regions': '', backend: 'local' };
  const before = job.emulator.kms.keys('ap-southeast-1').length;
  for (const alias of ['local/one', 'local/two']) {
    const applied = await job.apply({ ...local, alias }, { RUNNER_TEMP: temp });
    expect(applied).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2' } });
  }
  expect(job.emulator.kms.keys('ap-southeast-1')).toHaveLength(before + 2);
  for (const alias of ['local/one', 'local/two'])
    expect((await job.run({ ...local, alias }, { RUNNER_TEMP: temp })).outputs['has-changes']).toBe('false');
});
