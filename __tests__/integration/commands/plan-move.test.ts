import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CreateAliasCommand, UpdatePrimaryRegionCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import type { Run } from '../../../src/run.js';
import { planMove } from '../../../src/commands/move/move-primary.js';
import type { Setup } from '../../../src/commands/setup/set-up.js';
import { findPendingMove, type PendingMove } from '../../../src/commands/setup/primary-move.js';
import type { SetupFacts } from '../../../src/terraform/module.js';
import { createFamily, kmsIn } from '../../../emulator/__tests__/support.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';
import { read } from '../../support/inputs.js';
import { tempFolder } from '../../support/temp-folder.js';

const [A, B, C] = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;
const INPUTS = read({
  'primary-region': B,
  'replica-regions': `${A}, ${C}`,
  'move-primary': 'true',
  'state-bucket': 'states',
});

let emulator: Emulator;
let keyId: string;
beforeEach(async () => {
  emulator = await startForAction();
  keyId = (await createFamily(emulator, [A, B, C])).id;
  for (const region of [A, B, C])
    await kmsIn(emulator, region).send(
      new CreateAliasCommand({ AliasName: 'alias/aws_cb_cmk', TargetKeyId: keyId }),
    );
});
afterEach(() => stopForAction(emulator));

async function moveByHand(from: string, to: string, delayMs = 0): Promise<void> {
  emulator.kms.settings.promotionDelayMs = delayMs;
  await kmsIn(emulator, from).send(new UpdatePrimaryRegionCommand({ KeyId: keyId, PrimaryRegion: to }));
  emulator.clock.advance(1);
}

/** A state with the primary in A. */
function state(): string {
  const entry = (module: string, type: string, region: string): object => ({
    module,
    mode: 'managed',
    type,
    instances: [{ attributes: { arn: `arn:aws:kms:${region}:999900001111:key/${keyId}`, id: keyId } }],
  });
  const resources = [
    entry('module.primary', 'aws_kms_key', A),
    ...[B, C].map((region) => entry(`module.replica_${region}`, 'aws_kms_replica_key', region)),
  ];
  return JSON.stringify({ version: 4, serial: 1, resources });
}

interface Played {
  readonly run: Run;
  readonly setup: Setup;
  readonly move: PendingMove;
  /** What the configuration was fitted to for a while. */
  readonly current: readonly SetupFacts[];
  readonly asked: readonly string[];
}

/** Terraform's part is played, by a plan without changes. */
async function play(): Promise<Played> {
  const workDir = tempFolder('plan-move');
  const [asked, current]: [string[], SetupFacts[]] = [[], []];
  const said = (): void => undefined;
  const log = {
    notice: said,
    info: said,
    warning: said,
    debug: said,
    redact: String,
    redactAll: <T>(each: T) => each,
  };
  const terraform = {
    phase: (_: string, work: (phase: object) => Promise<unknown>) => work({ say: said, keep: said }),
    plan: () => Promise.resolve(''),
    showPlan: () =>
      Promise.resolve(JSON.parse(readFileSync('__tests__/golden/plans/no-change.json', 'utf8')) as unknown),
    pullState: () => Promise.resolve(state()),
    inFolder: () => {
      asked.push('in a copy');
      return terraform;
    },
  };
  const run = {
    inputs: INPUTS,
    deps: {
      log,
      clock: {
        now: () => emulator.clock.now(),
        sleep: (milliseconds: number) => {
          emulator.clock.advance(milliseconds);
          return Promise.resolve();
        },
      },
      cancelled: new AbortController().signal,
    },
  } as unknown as Run;
  const configuration = {
    during: (facts: SetupFacts) => {
      current.push(facts);
      mkdirSync(path.join(workDir, 'copy-1'));
      return Promise.resolve(path.join(workDir, 'copy-1'));
    },
  };
  const clients = await clientsOf(emulator);
  const setup = { workDir, clients, terraform, configuration } as unknown as Setup;
  const move = await findPendingMove({ ...run, log: run.deps.log, pullState: terraform.pullState });
  if (move === undefined) throw new Error('there is a move to be made');
  return { run: { ...run, inputs: move.before }, setup, move, current, asked };
}

const moves = (): number => emulator.calls.find({ action: 'UpdatePrimaryRegion' }).length;

describe('the plan of a move', () => {
  test('is the plan with the primary where it was, as long as AWS has it there', async () => {
    const { run, setup, move, asked } = await play();
    const { reported, outputs } = await planMove(run, setup, move);
    expect(reported.findings).toEqual([]);
    expect(reported.move).toMatchObject({ from: A, to: B });
    expect(outputs['plan-summary']).toBe(
      `the primary moves from ${A} to ${B}, 0 to add, 0 to change, 0 to destroy`,
    );
    expect({ asked, moves: moves() }).toEqual({ asked: [], moves: 0 });
  });

  test('never moves the primary: a move back that ends meanwhile leaves one that is still to be made', async () => {
    await moveByHand(A, B);
    await moveByHand(B, A, 30_000);
    const { run, setup, move, asked } = await play();
    const { reported } = await planMove(run, setup, move);
    expect(reported).toMatchObject({ move: { from: A, to: B }, findings: [] });
    expect({ asked, moves: moves() }).toEqual({ asked: [], moves: 2 });
    expect(emulator.kms.keys(A)).toMatchObject([{ role: 'primary', state: 'Enabled' }]);
  });

  test('has the same digest however far AWS is, and is made in a copy that keeps the settings of each key', async () => {
    const before = await play();
    const { digest } = (await planMove(before.run, before.setup, before.move)).reported;
    await moveByHand(A, B, 5_000);
    const { run, setup, move, current, asked } = await play();
    const { reported } = await planMove(run, setup, move);
    expect(reported.digest).toBe(digest);
    expect(asked).toEqual(['in a copy']);
    expect(current).toMatchObject([
      {
        keepsSettings: true,
        regions: { primaryRegion: B, replicaRegions: [A, C] },
        imports: [
          { region: A, keyId, hasAlias: true },
          { region: B, keyId, hasAlias: true },
        ],
      },
    ]);
    expect(moves()).toBe(1);
  });

  test('says how an alias is made that the state could not take in', async () => {
    await moveByHand(A, B);
    const { run, setup, move, asked } = await play();
    const { DeleteAliasCommand } = await import('@aws-sdk/client-kms');
    await kmsIn(emulator, A).send(new DeleteAliasCommand({ AliasName: 'alias/aws_cb_cmk' }));
    await expect(planMove(run, setup, move)).rejects.toThrow(
      `\`aws kms create-alias --region ${A} --alias-name alias/aws_cb_cmk --target-key-id ${keyId}\``,
    );
    expect(asked).toEqual([]);
  });
});
