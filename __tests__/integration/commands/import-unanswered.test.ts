import {
  CreateAliasCommand,
  CreateKeyCommand,
  type KMSClient,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import type { PlanModel } from '../../../src/plan/types.js';
import type { Run } from '../../../src/run.js';
import type { ResumeRequest } from '../../../src/commands/apply/course.js';
import { importUnanswered } from '../../../src/commands/apply/import-unanswered.js';
import type { SetupFacts } from '../../../src/terraform/module.js';
import { TerraformError } from '../../../src/terraform/run.js';
import { kmsIn } from '../../../emulator/__tests__/support.js';
import { collect } from '../../support/collect.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';

const REGION = 'ap-southeast-2';
const REPLICA = `module.replica_${REGION}.aws_kms_replica_key.this`;
const ALIAS = 'module.primary.aws_kms_alias.this';

let emulator: Emulator;
let client: KMSClient;
beforeEach(async () => {
  emulator = await startForAction();
  client = kmsIn(emulator, 'ap-southeast-1');
});
afterEach(async () => {
  client.destroy();
  await stopForAction(emulator);
});

/** A primary, its replica and its alias are made; of the last two Terraform has heard only that they exist. */
async function takeIn() {
  const since = emulator.clock.now();
  emulator.clock.advance(1_000);
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ MultiRegion: true }));
  const id = KeyMetadata?.KeyId ?? '';
  await client.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: REGION }));
  await client.send(new CreateAliasCommand({ AliasName: 'alias/aws_cb_cmk', TargetKeyId: id }));
  const extended: SetupFacts[] = [];
  const lines: string[] = [];
  const course = { done: [], inProgress: new Set<string>(), imported: new Set<string>(), since };
  const run = {
    inputs: { primaryRegion: 'ap-southeast-1', alias: 'aws_cb_cmk' },
    deps: { log: { info: (line: string) => lines.push(line) } },
  } as unknown as Run;
  const setup = {
    clients: await clientsOf(emulator),
    configuration: {
      extend: (more: SetupFacts) => {
        extended.push(more);
        return Promise.resolve();
      },
    },
  } as unknown as ResumeRequest['setup'];
  const said = { summary: 'AlreadyExistsException: it is there', detail: '' };
  const unanswered = importUnanswered({
    run,
    setup,
    course,
    failure: new TerraformError(
      'apply',
      1,
      [REPLICA, ALIAS].map((address) => ({ ...said, address })),
    ),
    planned: {
      resources: [
        { address: REPLICA, kind: 'replica', region: REGION, action: 'create' },
        { address: ALIAS, kind: 'alias', region: 'ap-southeast-1', action: 'create' },
      ],
    } as unknown as PlanModel,
    state: {
      resources: [
        {
          address: 'module.primary.aws_kms_key.this',
          kind: 'primary',
          region: 'ap-southeast-1',
          tainted: false,
          id,
          values: { arn: KeyMetadata?.Arn },
        },
      ],
      outputs: {},
    },
  });
  const { value: took, results } = await collect(unanswered);
  return { took, id, extended, lines, imported: [...course.imported], notes: results.notes };
}

test('what was made and not answered is imported by the next plan, and the report says so', async () => {
  const { took, id, extended, imported, notes } = await takeIn();
  expect(took).toBe(true);
  expect(extended).toEqual([
    {
      imports: [
        { region: REGION, keyId: id, hasAlias: false },
        { region: 'ap-southeast-1', keyId: undefined, hasAlias: true },
      ],
    },
  ]);
  expect(imported).toEqual([REPLICA, ALIAS]);
  expect(notes).toEqual([
    `AWS made the replica key in ${REGION} and alias in ap-southeast-1, but its answer was lost; the run took it into the state and went on from there.`,
  ]);
});

test('nothing is taken in where KMS does not say whose it is, and the log says why', async () => {
  emulator.faults.add({ match: { action: 'ListAliases' }, effect: { type: 'access-denied' } });
  const { took, extended, imported, lines } = await takeIn();
  expect({ took, extended, imported }).toEqual({ took: false, extended: [], imported: [] });
  expect(lines).toEqual([
    expect.stringContaining(`Could not look whether this run made the replica key in ${REGION}: `),
    expect.stringContaining('Could not look whether this run made the alias in ap-southeast-1: '),
  ]);
});
