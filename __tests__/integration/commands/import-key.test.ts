/** `import-key` against the emulated KMS: what is imported, and each thing that is refused. */

import { readFileSync, writeFileSync } from 'node:fs';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  DisableKeyCommand,
  ScheduleKeyDeletionCommand,
  type CreateKeyCommandInput,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import { lookUpNamed } from '../../../src/aws/key-family.js';
import { ActionError } from '../../../src/errors.js';
import { judgeKey } from '../../../src/guard/import.js';
import { reportOf } from '../../../src/refusal.js';
import type { Run } from '../../../src/run.js';
import { prepareImport } from '../../../src/commands/plan/import-key.js';
import type { Setup } from '../../../src/commands/setup/set-up.js';
import type { Imported } from '../../../src/terraform/module.js';
import { read } from '../../support/inputs.js';
import { type CreatedKey, createFamily, createKey, kmsIn } from '../../../emulator/__tests__/support.js';
import { collect } from '../../support/collect.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';
import type { FoundKey } from '../../../src/facts/kms-answers.js';
import type { Finding } from '../../../src/guard/finding.js';

const PRIMARY = 'ap-southeast-1';
const [SYDNEY, JAKARTA, TOKYO] = ['ap-southeast-2', 'ap-southeast-3', 'ap-northeast-1'] as const;
const ACCOUNT = '999900001111';
const MADE = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', manager: 'CUSTOMER' };
const GOLDEN = '__tests__/golden/import/refusals.txt';

/** What a person reads of each refusal. UPDATE_GOLDEN=1 writes it anew. */
const refusals: string[] = [];

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startForAction({ region: PRIMARY });
});
afterEach(async () => {
  await stopForAction(emulator);
});
afterAll(() => {
  const text = `${refusals.join('\n\n')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

const family = (options: CreateKeyCommandInput = {}): Promise<CreatedKey> =>
  createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA], options);

async function alias(region: string, name: string, keyId: string): Promise<void> {
  const command = new CreateAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: keyId });
  await kmsIn(emulator, region).send(command);
}

interface Prepared {
  readonly imports: readonly Imported[];
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** @param state what the backend has; empty for none */
async function prepare(
  importKey: string,
  changed: Readonly<Record<string, string>> = {},
  state = '',
): Promise<Prepared> {
  const imports: Imported[] = [];
  const inputs = read({ 'state-bucket': 'acme-state', ...changed, 'import-key': importKey });
  const run = { inputs, deps: { log: { info: () => undefined } } } as unknown as Run;
  const setup = {
    session: { accountId: ACCOUNT },
    clients: await clientsOf(emulator),
    terraform: {
      phase: (_: string, work: (phase: { say: () => void }) => unknown) => work({ say: () => undefined }),
      pullState: () => Promise.resolve(state),
    },
    configuration: {
      extend: (more: { imports: Imported[] }) => Promise.resolve(imports.push(...more.imports)),
    },
  } as unknown as Setup;
  const { value: findings, results } = await collect(prepareImport(run, setup));
  return { imports, findings, notes: results.notes ?? [] };
}

/** Keeps the parts of a message for the golden file, under the test's own name, without what is another one in each run. */
function keep(...parts: readonly string[]): void {
  const { currentTestName = '' } = expect.getState();
  const text = [currentTestName.replaceAll(' > ', ' '), ...parts.map((part) => `  ${part}`)].join('\n');
  refusals.push(
    text
      .replaceAll(/mrk-[0-9a-f]{32}/g, 'mrk-ID')
      .replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'),
  );
}

/** Expects a refusal, whose words go into the golden file under the test's own name. */
async function refusalOf(prepared: Promise<Prepared>): Promise<ActionError> {
  const thrown: unknown = await prepared.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ActionError)) throw new Error('it was not refused', { cause: thrown });
  expect(reportOf(thrown).outcome).toBe('refused');
  keep(thrown.what, thrown.done, thrown.next);
  expect(emulator.calls.find({}).map(({ action }) => action)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:Put|Update|Cancel|Tag|Untag)/)]),
  );
  return thrown;
}

describe('what is imported', () => {
  test.each(['id', 'ARN', 'alias', 'ARN of the alias'])('the key that its %s names', async (by) => {
    const { id, arn } = await family();
    for (const region of [PRIMARY, SYDNEY, JAKARTA]) await alias(region, 'aws_cb_cmk', id);
    const names: Record<string, string> = {
      id,
      ARN: arn,
      alias: 'alias/aws_cb_cmk',
      'ARN of the alias': arn.replace(/:key\/.*/, ':alias/aws_cb_cmk'),
    };
    const { imports, findings } = await prepare(names[by] ?? '');
    expect(imports).toEqual(
      [PRIMARY, SYDNEY, JAKARTA].map((region) => ({ region, keyId: id, hasAlias: true })),
    );
    expect(findings).toEqual([]);
  });

  test('the alias where it stands on the key; elsewhere it is made, as is a replica that AWS lacks', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, SYDNEY]);
    await alias(SYDNEY, 'aws_cb_cmk', id);
    await alias(PRIMARY, 'old-name', id);
    const { imports, notes } = await prepare(id);
    expect(imports).toEqual([
      { region: PRIMARY, keyId: id, hasAlias: false },
      { region: SYDNEY, keyId: id, hasAlias: true },
    ]);
    expect(notes).toContain(
      `Other aliases of the key stay as they are, and are in no state: alias/old-name in ${PRIMARY}.`,
    );
  });

  test('grants are told, Region by Region; a stack that owns the key is a warning', async () => {
    const { id } = await family();
    const role = `arn:aws:iam::${ACCOUNT}:role/app`;
    const grant = { KeyId: id, GranteePrincipal: role, Operations: ['Decrypt' as const] };
    await kmsIn(emulator, SYDNEY).send(new CreateGrantCommand(grant));
    for (const region of [PRIMARY, SYDNEY])
      emulator.kms.tag(region, id, { 'aws:cloudformation:stack-name': 'payments-keys' });
    const { notes, findings } = await prepare(id);
    expect(notes.join(' ')).toContain(`1 in ${SYDNEY} (to ${role})`);
    expect(findings).toMatchObject([{ severity: 'warning', rule: 'owned-by-stack' }]);
    expect(findings[0]?.reason).toContain('payments-keys');
  });

  test('without the permissions the notes say what is not known', async () => {
    const { id } = await family();
    emulator.faults.add({ match: { action: 'ListGrants' }, effect: { type: 'access-denied' } });
    const { notes, imports } = await prepare(id);
    expect(imports).toHaveLength(3);
    expect(notes.join(' ')).toContain(`its grants (kms:ListGrants is missing) in ${PRIMARY}`);
  });

  test('a replica elsewhere that is going to be deleted keeps nobody from it', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA, TOKYO]);
    await kmsIn(emulator, TOKYO).send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    expect((await prepare(id)).imports).toHaveLength(3);
  });
});

describe('a state that has a key', () => {
  const stateOf = (id: string, ...replicas: string[]): string =>
    JSON.stringify({
      version: 4,
      resources: ['module.primary', ...replicas.map((region) => `module.replica_${region}`)].flatMap(
        (module) => {
          const key = module === 'module.primary' ? 'aws_kms_key' : 'aws_kms_replica_key';
          const of = (type: string, attributes: object): object => ({
            module,
            mode: 'managed',
            type,
            instances: [{ attributes }],
          });
          return [of(key, { id, key_id: id }), of('aws_kms_alias', { id: 'alias/aws_cb_cmk' })];
        },
      ),
    });

  test('this one, wholly: nothing is imported, and AWS is not asked', async () => {
    const { id, arn } = await family();
    emulator.calls.clear();
    for (const named of [id, arn])
      expect(await prepare(named, {}, stateOf(id, SYDNEY, JAKARTA))).toMatchObject({
        imports: [],
        notes: [],
      });
    expect(emulator.calls.find({})).toEqual([]);
  });

  test('this one, half: what an apply that was stopped has left out', async () => {
    const { id } = await family();
    await alias(JAKARTA, 'aws_cb_cmk', id);
    const { imports } = await prepare(id, {}, stateOf(id, SYDNEY));
    expect(imports).toEqual([{ region: JAKARTA, keyId: id, hasAlias: true }]);
  });

  test('this one, named by an alias that it has no more', async () => {
    const { id } = await family();
    const { imports } = await prepare('alias/gone', {}, stateOf(id, SYDNEY, JAKARTA));
    expect(imports).toEqual([]);
  });

  test('another one is refused', async () => {
    const [held, other] = [await family(), await createKey(kmsIn(emulator, PRIMARY))];
    const refused = await refusalOf(prepare(other.id, {}, stateOf(held.id, SYDNEY)));
    expect(refused.what).toContain(other.id);
  });

  test('another one that an alias names is refused', async () => {
    const [held, other] = [await family(), await createKey(kmsIn(emulator, PRIMARY))];
    await alias(PRIMARY, 'other', other.id);
    await refusalOf(prepare('alias/other', {}, stateOf(held.id, SYDNEY)));
  });
});

describe('refused', () => {
  test('a key that is not there', async () => {
    await refusalOf(prepare(`mrk-${'0'.repeat(32)}`));
  });

  test('an alias that is not there', async () => {
    await refusalOf(prepare('alias/nobody'));
  });

  test('a single-Region key, behind an alias', async () => {
    const { id } = await createKey(kmsIn(emulator, PRIMARY), { MultiRegion: false });
    await alias(PRIMARY, 'single', id);
    expect((await refusalOf(prepare('alias/single'))).what).toContain(id);
  });

  test('a single-Region key that the role may not even see', async () => {
    const { id } = await createKey(kmsIn(emulator, PRIMARY), { MultiRegion: false });
    await alias(PRIMARY, 'single', id);
    emulator.faults.add({ match: { action: 'DescribeKey' }, effect: { type: 'access-denied' } });
    expect((await refusalOf(prepare('alias/single'))).what).toContain('single-Region');
  });

  test('a key that the role may not see', async () => {
    const { id } = await family();
    emulator.faults.add({ match: { action: 'DescribeKey' }, effect: { type: 'access-denied' } });
    await refusalOf(prepare(id));
  });

  test('a replica in place of the primary', async () => {
    const { id } = await createFamily(emulator, [SYDNEY, PRIMARY]);
    expect((await refusalOf(prepare(id))).next).toContain(`Set \`primary-region\` to ${SYDNEY}`);
  });

  test('an ARN of another account, in another Region: both at once, and AWS is not asked', async () => {
    const refused = await refusalOf(prepare(`arn:aws:kms:${TOKYO}:111122223333:key/mrk-${'0'.repeat(32)}`));
    expect(refused.what).toContain('111122223333');
    expect(refused.what).toContain(TOKYO);
    expect(emulator.calls.find({})).toEqual([]);
  });

  test('replicas in Regions that the inputs lack', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA, TOKYO]);
    expect((await refusalOf(prepare(id))).next).toContain(`Add ${TOKYO} to \`replica-regions\``);
  });

  test('another key spec and usage', async () => {
    const { id } = await family({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const { next } = await refusalOf(prepare(id));
    expect(next).toBe('Set `key-spec: RSA_2048`. Set `key-usage: SIGN_VERIFY`.');
  });

  test('a key that is going to be deleted', async () => {
    const { id } = await createFamily(emulator, [PRIMARY]);
    await kmsIn(emulator, PRIMARY).send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    const { next } = await refusalOf(prepare(id, { 'replica-regions': '' }));
    expect(next).toContain(`aws kms cancel-key-deletion --region ${PRIMARY} --key-id ${id}`);
  });

  test('a replica that is disabled', async () => {
    const { id } = await family();
    await kmsIn(emulator, JAKARTA).send(new DisableKeyCommand({ KeyId: id }));
    expect((await refusalOf(prepare(id))).what).toContain(JAKARTA);
  });

  test('an alias of the inputs that belongs to another key', async () => {
    const { id } = await family();
    const other = await createKey(kmsIn(emulator, SYDNEY));
    await alias(SYDNEY, 'aws_cb_cmk', other.id);
    expect((await refusalOf(prepare(id))).what).toContain(other.id);
  });

  test.each<[string, Partial<FoundKey>]>([
    ['a key that a service of AWS made', { keyId: 'UUID', made: { ...MADE, manager: 'AWS' } }],
    ['a key whose material was imported', { made: { ...MADE, origin: 'EXTERNAL' } }],
    ['a key that KMS is still creating', { state: 'Creating' }],
    ['a key of which only its id can be seen', { state: 'unknown', role: undefined, made: undefined }],
  ])('%s', async (_, changed) => {
    const { id } = await family();
    const { importKey, ...inputs } = read({ 'import-key': id });
    if (importKey === undefined) throw new Error('the inputs have no key to import');
    const lookup = await lookUpNamed(await clientsOf(emulator), PRIMARY, id);
    if (lookup.is !== 'found') throw new Error('the key is not there');
    expect(judgeKey(lookup, { ...inputs, importKey, account: ACCOUNT })).toEqual([]);
    const other = { is: 'found' as const, key: { ...lookup.key, ...changed } };
    const [refusal, ...more] = judgeKey(other, { ...inputs, importKey, account: ACCOUNT });
    expect(more).toEqual([]);
    keep(refusal?.reason ?? 'not refused', refusal?.wayOut ?? '');
  });

  test('a Region that is not enabled', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, SYDNEY]);
    emulator.disabledRegions.add(JAKARTA);
    expect((await refusalOf(prepare(id))).what).toContain(JAKARTA);
  });
});
