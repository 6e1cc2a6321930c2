/** Whether a key that exists can become the key of the inputs, and what of it stays as it is. Pure. */

import { adviseOnRefusals } from '../facts/denial.js';
import { sayCancelDeletion } from '../facts/cancel-deletion.js';
import type { Inputs } from '../inputs/inputs.js';
import type { ImportKey } from '../inputs/aws-names.js';
import { regionOfArn } from '../plan/region.js';
import {
  type Belongings,
  type FoundKey,
  isPendingDeletion,
  type KeyLookup,
  type RegionLookup,
} from '../facts/kms-answers.js';
import { joinWords, nameSome } from '../phrases.js';
import { type Finding, warn, type Words } from './finding.js';

/** A key that is to be taken into the state, and what it has to be. */
export interface Wanted extends Pick<
  Inputs,
  'primaryRegion' | 'replicaRegions' | 'alias' | 'keySpec' | 'keyUsage'
> {
  readonly importKey: ImportKey;
  /** The account of the credentials. */
  readonly account: string;
}

/** Why a key cannot be imported, and the way on. */
export type Refusal = Words;

function refuseIf(isSo: boolean, reason: string, wayOut: string): Refusal[] {
  return isSo ? [{ reason, wayOut }] : [];
}

/** What the ARN alone tells, before AWS is asked. */
export function judgePlace({ importKey, primaryRegion, account }: Wanted): Refusal[] {
  const { region = primaryRegion, account: owner = account } = importKey;
  return [
    ...refuseIf(
      owner !== account,
      `\`import-key\` names a key of the account ${owner}, and these credentials are of ${account}.`,
      'Use a role of the account that owns the key: no other account can manage it. To let another account use it, there is `account-ids`.',
    ),
    ...refuseIf(
      region !== primaryRegion,
      `\`import-key\` names a key in ${region}, and \`primary-region\` is ${primaryRegion}.`,
      `Set \`primary-region\` to the Region of the primary key; if that is ${primaryRegion}, give the key's id, which is the same in every Region.`,
    ),
  ];
}

/** What the key itself is, as KMS tells it in the primary Region; one that is not there is refused. */
export function judgeKey(lookup: KeyLookup, wanted: Wanted): Refusal[] {
  const { importKey, primaryRegion } = wanted;
  const named = `The key that \`import-key\` names (${importKey.name})`;
  const where = importKey.name.startsWith('alias/')
    ? `key behind ${importKey.name}`
    : `key ${importKey.name}`;
  if (lookup.is !== 'found') return [notSeen(lookup, `${where} in ${primaryRegion}`, importKey)];
  const { key } = lookup;
  const kind = judgeKind(key, named, wanted);
  return kind === undefined ? [...judgeMade(key, wanted), ...judgeState(key, primaryRegion)] : [kind];
}

function notSeen(lookup: Exclude<KeyLookup, { is: 'found' }>, where: string, { name }: ImportKey): Refusal {
  if (lookup.is === 'not-found') {
    return {
      reason: `There is no ${where}, in the account of these credentials.`,
      wayOut: 'Correct `import-key`, `primary-region` or the role; to make a new key, remove `import-key`.',
    };
  }
  if (lookup.is === 'region-disabled') {
    return {
      reason: `Whether there is a ${where}, AWS does not tell these credentials: the account has not enabled the Region, or it is still being enabled.`,
      wayOut: 'Enable the Region, or take it out of the inputs.',
    };
  }
  const single = name.startsWith('alias/')
    ? ' The roles of docs/iam.md may read multi-Region keys alone, whose ids begin with `mrk-`: an alias of a single-Region key is refused in the same way.'
    : '';
  return {
    reason: `Whether there is a ${where}, could not be seen: ${lookup.because}.${single}`,
    wayOut:
      lookup.refused === undefined
        ? 'Run the job again.'
        : `${adviseOnRefusals([lookup.refused])} The policies are in docs/iam.md.`,
  };
}

/** Whether it is a multi-Region primary key that a customer made. */
function judgeKind(key: FoundKey, named: string, { primaryRegion }: Wanted): Refusal | undefined {
  if (key.made?.manager === 'AWS') {
    return {
      reason: `${named} is a key that a service of AWS's made and keeps for itself; nobody else can manage it.`,
      wayOut: 'Name a key of your own, or remove `import-key` to make one.',
    };
  }
  if (!key.keyId.startsWith('mrk-')) {
    return {
      reason: `${named} is the single-Region key ${key.keyId}, and KMS can never make that a multi-Region key.`,
      wayOut:
        'Remove `import-key` to make a new key, and encrypt the data anew under it (docs/migrating.md); the old key has to stay for as long as data is under it.',
    };
  }
  if (key.role === undefined) {
    return {
      reason: `${named} is the key ${key.keyId}, of which these credentials may see nothing else.`,
      wayOut: 'Let the role do kms:DescribeKey on it (docs/iam.md), and run the job again.',
    };
  }
  if (key.role === 'PRIMARY') return undefined;
  const primary = regionOfArn(key.primaryArn) ?? 'another Region';
  return {
    reason: `${named} is a replica in ${primaryRegion}: its primary is in ${primary}.`,
    wayOut: `Set \`primary-region\` to ${primary}, and name ${primaryRegion} in \`replica-regions\`. Which of them is the primary can be changed after the import.`,
  };
}

/** What KMS fixed when it was made: where the inputs say otherwise, Terraform would replace it. */
function judgeMade({ made, keyId }: FoundKey, { keySpec, keyUsage }: Wanted): Refusal[] {
  const refuseOther = (what: string, has: string, input: string, says: string): Refusal[] =>
    refuseIf(
      has !== says,
      `The key ${keyId} has the ${what} ${has}, and \`${input}\` is ${says}: KMS fixes that when a key is made.`,
      `Set \`${input}: ${has}\`.`,
    );
  const { spec = keySpec, usage = keyUsage, origin = 'AWS_KMS' } = made ?? {};
  return [
    ...refuseOther('key spec', spec, 'key-spec', keySpec),
    ...refuseOther('key usage', usage, 'key-usage', keyUsage),
    ...refuseIf(
      origin !== 'AWS_KMS',
      `The material of the key ${keyId} is not from KMS (its origin is ${origin}), and this action manages only keys whose material is.`,
      'Keep it in a configuration of your own (`aws_kms_external_key`), and remove `import-key`.',
    ),
  ];
}

function judgeState({ keyId, state, deletionDate }: FoundKey, region: string): Refusal[] {
  const key = `The key ${keyId} in ${region}`;
  if (state === 'Enabled') return [];
  if (isPendingDeletion(state)) {
    const when = deletionDate === undefined ? '' : ` on ${deletionDate.slice(0, 10)}`;
    const wayOut = `To keep it, ${sayCancelDeletion(region, keyId)}, then this job again.`;
    return [{ reason: `${key} is going to be deleted${when} (${state}).`, wayOut }];
  }
  if (state === 'Disabled') {
    const reason = `${key} is disabled, and the plan would enable it without anybody's having said so.`;
    const wayOut = `Find out why it is, and enable it first: \`aws kms enable-key --region ${region} --key-id ${keyId}\`.`;
    return [{ reason, wayOut }];
  }
  const reason = `${key} is ${state}: KMS is still at work on it.`;
  return [{ reason, wayOut: 'Run the job again in a few minutes.' }];
}

/** The Regions that matter for an import: those of the inputs, and those where AWS has a replica. */
export function regionsOf({ replicaRegions }: FoundKey, wanted: Wanted): string[] {
  return [...new Set([wanted.primaryRegion, ...wanted.replicaRegions, ...replicaRegions])];
}

/** What else of the inputs does not fit to what AWS has, Region by Region. */
export function judgeRegions(lookups: readonly RegionLookup[], key: FoundKey, wanted: Wanted): Refusal[] {
  const { primaryRegion, replicaRegions, importKey } = wanted;
  const asked = new Set([primaryRegion, ...replicaRegions]);
  const inputs = lookups.filter(({ region }) => asked.has(region));
  const beside = lookups.filter((lookup) => !asked.has(lookup.region) && !isGoing(lookup.key));
  return [
    ...judgeUnnamed(beside.map(({ region }) => region).sort(), key),
    ...inputs.flatMap(({ region, key: lookup, alias }) => [
      ...(region === primaryRegion ? [] : judgeReplica(region, lookup, key, importKey)),
      ...judgeAlias(region, alias, key, wanted),
    ]),
  ];
}

/** A replica on its way out keeps nobody from importing the others. */
function isGoing(lookup: KeyLookup): boolean {
  return lookup.is === 'not-found' || (lookup.is === 'found' && isPendingDeletion(lookup.key.state));
}

function judgeUnnamed(regions: readonly string[], { keyId }: FoundKey): Refusal[] {
  const where = joinWords(regions);
  const [replicas, them] = regions.length === 1 ? ['that replica', 'it'] : ['those replicas', 'them'];
  return refuseIf(
    regions.length > 0,
    `The key ${keyId} has a replica in ${where}, which \`replica-regions\` does not name: nobody would manage ${replicas}.`,
    `Add ${where} to \`replica-regions\`, or schedule the deletion of ${replicas} first, if nothing uses ${them}.`,
  );
}

function judgeReplica(
  region: string,
  lookup: KeyLookup,
  { keyId, arn }: FoundKey,
  named: ImportKey,
): Refusal[] {
  // It is made as usual.
  if (lookup.is === 'not-found') return [];
  if (lookup.is !== 'found') return [notSeen(lookup, `replica of ${keyId} in ${region}`, named)];
  if (lookup.key.primaryArn === arn) return judgeState(lookup.key, region);
  const reason = `The key ${keyId} in ${region} is no replica of ${arn}.`;
  return [{ reason, wayOut: 'Take that Region out of `replica-regions`.' }];
}

function judgeAlias(region: string, lookup: KeyLookup, { keyId }: FoundKey, { alias }: Wanted): Refusal[] {
  // What cannot be seen, the preflight of the plan says.
  if (lookup.is !== 'found') return [];
  return refuseIf(
    lookup.key.keyId !== keyId,
    `In ${region} alias/${alias} points to another key (${lookup.key.keyId}), not to ${keyId}.`,
    `Choose another \`alias\`; or, once nothing uses it for that key, delete it there: \`aws kms delete-alias --region ${region} --alias-name alias/${alias}\`.`,
  );
}

/** A state that knows a key already: it has to be the very one. */
export function judgeHeld(heldId: string, namedId: string): Refusal[] {
  return refuseIf(
    heldId !== namedId,
    `The state has the key ${heldId} already, and \`import-key\` names ${namedId}.`,
    'Remove `import-key` to go on with the key of this state. To import the other one, give it an `alias` and a `state-key` (or `backend-config`) of its own.',
  );
}

/** How much of one kind is named in a sentence. */
const MOST_NAMED = 5;

/** What a reviewer has to know of the key beside what the plan shows, in whole sentences. */
export function sayBelongings(belongings: readonly Belongings[], keyId: string, alias: string): string[] {
  const others = belongings.flatMap(({ region, aliases }) =>
    aliases.filter((name) => name !== `alias/${alias}`).map((name) => `${name} in ${region}`),
  );
  const granted = belongings.filter(({ grantees }) => grantees.length > 0);
  const [first] = granted;
  const unseen = belongings.flatMap(({ region, unseen: what }) => what.map((each) => `${each} in ${region}`));
  return [
    `\`import-key\` takes the key ${keyId} into the state. Its id, its ARNs, its key material and all that was encrypted with it stay; only what is told below changes.`,
    ...(others.length === 0
      ? []
      : [`Other aliases of the key stay as they are, and are in no state: ${nameSome(others, MOST_NAMED)}.`]),
    ...(first === undefined
      ? []
      : [
          `Grants of the key stay, and give access beside the key policy: ${joinWords(granted.map(sayGrants))}. \`aws kms list-grants --region ${first.region} --key-id ${keyId}\` shows them.`,
        ]),
    ...(unseen.length === 0 ? [] : [`Not known of the key: ${nameSome(unseen, MOST_NAMED)}.`]),
  ];
}

function sayGrants({ region, grantees }: Belongings): string {
  return `${grantees.length} in ${region} (to ${nameSome(grantees, MOST_NAMED)})`;
}

/** A key that a CloudFormation stack still has would be changed by two, and deleted with the stack. */
export function judgeBelongings(belongings: readonly Belongings[]): Finding[] {
  const owned = belongings.filter(({ stack }) => stack !== undefined);
  const stacks = [...new Set(owned.map(({ stack = '' }) => stack))];
  if (stacks.length === 0) return [];
  const where = joinWords(owned.map(({ region }) => region));
  return [
    warn('owned-by-stack', {
      reason: `The key in ${where} belongs to the CloudFormation stack ${nameSome(stacks, MOST_NAMED)}: as long as a template has it, a stack's update puts its settings back, and a stack's deletion deletes the key.`,
      wayOut:
        'Set `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain` on it, update the stack, then take it out of the template and update the stack again.',
    }),
  ];
}
