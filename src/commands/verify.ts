import { adviseOnRefusals } from '../facts/denial.js';
import type { ExpectedKey } from '../aws/key-check.js';
import { verifyKeys, type VerifiedKey } from '../aws/verify.js';
import { ActionError } from '../errors.js';
import { refuse } from '../refusal.js';
import { assertGuarded } from '../guard/guard.js';
import { isStateOfAnother, judgeOwnership, type Holdings } from '../guard/ownership.js';
import { ownerOf } from './plan/judge-plan.js';
import { asTheStateHas, setUp, type Setup } from './setup/set-up.js';
import { adviseOnSilence } from './setup/silence.js';
import { keyOutputs, type Outputs } from '../outputs.js';
import { explained } from './setup/phased-terraform.js';
import { isSamePolicy } from '../plan/canonical.js';
import type { PlanModel } from '../plan/types.js';
import { keyResults } from '../publish.js';
import type { Ended, Reporting, Run } from '../run.js';
import { readAliasNote } from '../plan/state-notes.js';
import { isOwnAddress, isOwnOutput } from '../terraform/addresses.js';
import {
  isKeyResource,
  readState,
  recordedKeysOf,
  type RecordedKey,
  type StateModel,
} from '../terraform/state.js';

/** `verify`: no plan, but the keys that the state knows, put to the proof. */
export async function* verify(started: Run): Reporting<Ended> {
  // 1. The tools, the credentials and the configuration
  const setup = yield* setUp(started);
  const run = asTheStateHas(started, setup);
  // 2. The proof, with the keys as the state has them
  yield* proveRecorded(run, setup);
  return { run, outcome: 'verified' };
}

/**
 * The proof after apply that the keys are what was planned, as deep as the `verify` input wants it; nothing when that is
 * `off`, or when there is no key left. Whatever it finds is kept for the report and the outputs.
 * @param applied what was planned, and the outputs that the apply had
 * @throws ActionError that names each check that failed
 */
export async function* proveApplied(
  run: Run,
  setup: Setup,
  { model, outputs }: { readonly model: PlanModel; readonly outputs: Outputs },
): Reporting {
  const { alias, primaryRegion } = run.inputs;
  const keys = keyResults(outputs, primaryRegion);
  yield { report: { keys } };
  const expected = keys.map(({ region, role, keyArn }) => ({
    region,
    role,
    arn: keyArn,
    alias: `alias/${alias}`,
    policy: plannedPolicy(model, region),
  }));
  yield* prove(run, setup, expected, 'The plan was applied, and the state knows the keys.');
}

/**
 * The proof that the keys in the state are there and work, in AWS as it is now. Changes nothing.
 * @throws ActionError when the state knows no key, or that names each check that failed
 */
async function* proveRecorded(run: Run, setup: Setup): Reporting {
  const keys = yield* readRecorded(run, setup);
  if (keys.length === 0) {
    throw new ActionError({
      what: 'The state knows no key, so there is nothing to verify.',
      done: 'Nothing was changed.',
      next: 'Check `state-bucket` and `state-key` (or `backend-config`), or apply first.',
    });
  }
  yield* prove(run, setup, keys, 'Nothing was changed.');
}

/** The keys that the state knows; they are kept for the report and the outputs. */
export async function* readRecorded(
  run: Run,
  { terraform }: Pick<Setup, 'terraform'>,
): Reporting<readonly RecordedKey[]> {
  const state = await terraform.phase('Read the state', async () => {
    const shown = await terraform.showState().catch(explained('Nothing was verified or changed.'));
    return readState(shown, run.inputs.primaryRegion);
  });
  refuse(() => {
    const findings = judgeOwnership(holdingsOfState(state), ownerOf(run.inputs));
    assertGuarded(findings.filter(isStateOfAnother), 'Nothing was verified or changed.');
  });
  yield { outputs: keyOutputs(state.outputs) };
  const keys = recordedKeysOf(state);
  if (keys.length > 0)
    yield {
      report: { keys: keys.map((key) => ({ ...key, keyArn: key.arn, aliasArn: aliasArnOf(key) })) },
    };
  return keys;
}

function holdingsOfState({ resources, outputs }: StateModel): Holdings {
  const own = resources.filter(({ address }) => isOwnAddress(address));
  return {
    foreign: resources.flatMap(({ address }) => (isOwnAddress(address) ? [] : [address])),
    foreignOutputs: Object.keys(outputs).filter((name) => !isOwnOutput(name)),
    keys: own.filter(isKeyResource).length,
    aliases: own.flatMap(({ kind, values: { name } }) =>
      kind === 'alias' && typeof name === 'string' ? [name] : [],
    ),
    notedAlias: readAliasNote(outputs),
  };
}

/** `arn:aws:kms:REGION:ACCOUNT:key/ID` to that of an alias in the same place. */
function aliasArnOf({ arn, alias }: RecordedKey): string | undefined {
  return alias === undefined ? undefined : arn.replace(/:key\/.*$/, `:${alias}`);
}

async function* prove(
  run: Run,
  { clients, silent }: Setup,
  keys: readonly ExpectedKey[],
  done: string,
): Reporting {
  const { verify: mode } = run.inputs;
  if (mode === 'off' || keys.length === 0) return;
  const verification = await verifyKeys({ keys, mode, clients, samePolicy: isSamePolicy, silent });
  const failed = verification.flatMap(failedChecks);
  yield { outputs: { verified: failed.length === 0 }, report: { verification } };
  if (failed.length === 0) return;
  throw new ActionError({
    what: `Some checks on the keys failed. ${failed.join('; ')}.`,
    done,
    next: [adviseOn(verification), ...(silent.length > 0 ? [adviseOnSilence(silent)] : [])].join(' '),
  });
}

/** In words: `ap-southeast-2: alias (it is not there)`. */
export function failedChecks({ region, checks }: VerifiedKey): string[] {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${region}: ${name} (${detail ?? 'failed'})`);
}

function adviseOn(verification: readonly VerifiedKey[]): string {
  const refused = verification.flatMap(({ checks }) => checks.flatMap((check) => check.refused ?? []));
  return refused.length === 0
    ? 'Look at these keys in AWS, then run the job again.'
    : `${adviseOnRefusals(refused, ' on these keys')} Or choose a less deep \`verify\`.`;
}

function plannedPolicy({ resources }: PlanModel, region: string): string | undefined {
  const key = resources.find(
    (change) => change.region === region && (change.kind === 'primary' || change.kind === 'replica'),
  );
  const policy = key?.after?.['policy'];
  return typeof policy === 'string' ? policy : undefined;
}
