import { formatArn, parseArn } from '../arn.js';
import type { ConditionValues } from '../condition-values.js';
import { AwsError } from '../error.js';
import { partitionOf } from '../regions.js';
import { authorize } from './authorization.js';
import { brokenLimit, readInput, validationError } from './input.js';
import { stateOf, type Key, type KeyState } from './model.js';
import * as shapes from './shapes.js';
import type { KmsCall, KmsWorld } from './world.js';

/** How an operation takes a key. */
export interface KeyRequest {
  readonly keyId: string;
  /** Whether alias names and alias ARNs will do. */
  readonly aliases?: boolean;
  /** The states that the operation refuses; none unless told. */
  readonly refuses?: readonly KeyState[];
  /** The permission on the key when it is not the operation's own name, e.g. `ReEncryptTo`; undefined for none. */
  readonly permission?: string | undefined;
  /** Values of condition keys that the request alone does not give. */
  readonly values?: ConditionValues;
}

const PENDING: readonly KeyState[] = ['PendingDeletion', 'PendingReplicaDeletion'];

/** The states in which each kind of operation is refused (Developer Guide, "Key states of AWS KMS keys"). */
export const REFUSED = {
  /** Cryptographic operations, grants, public keys. Updating lets them through. */
  use: ['Disabled', 'Creating', ...PENDING],
  /** Aliases, tags, description: a replica can be managed while it is Creating. */
  manage: PENDING,
  /** Enabling and disabling. */
  toggle: ['Creating', 'Updating', ...PENDING],
  /** Rotation, and the change of the primary Region. Updating lets them through. */
  change: ['Disabled', 'Creating', ...PENDING],
  /** Replication, and rotation on demand. */
  replicate: ['Disabled', 'Creating', 'Updating', ...PENDING],
  /** Scheduling the deletion. */
  schedule: ['Updating', ...PENDING],
} as const satisfies Record<string, readonly KeyState[]>;

/**
 * Finds the key that a call names in the call's own Region, checks that the caller may use it so and that its state
 * lets the operation through.
 * @throws AwsError NotFoundException, InvalidArnException, AccessDeniedException, DisabledException or
 *   KMSInvalidStateException
 */
export function findKey(world: KmsWorld, call: KmsCall, request: KeyRequest): Key {
  const key = resolveKey(world, call, request);
  refuseUnknownGrantTokens(world, call);
  const permission = 'permission' in request ? request.permission : call.action;
  const foreign = key.family.account !== call.principal.account;
  if (permission !== undefined || foreign)
    authorize(world, call, { key, permission: permission ?? call.action, values: request.values ?? {} });
  refuseStates(key, world.clock.now(), request.refuses ?? []);
  return key;
}

/** The operations that take grant tokens. */
const TAKES_GRANT_TOKENS = new Set([
  'CreateGrant',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
]);

/**
 * A grant counts here as soon as it is made, so that its token changes nothing; but one that no grant has is refused.
 * @throws AwsError InvalidGrantTokenException, or ValidationException for more than ten
 */
function refuseUnknownGrantTokens(world: KmsWorld, call: KmsCall): void {
  if (!TAKES_GRANT_TOKENS.has(call.action)) return;
  const { GrantTokens: given = [] } = readInput(call.body, { GrantTokens: shapes.grantTokens });
  if (given.length > MAX_GRANT_TOKENS)
    throw validationError([
      brokenLimit(
        'GrantTokens',
        `[${given.length} tokens]`,
        `Member must have length less than or equal to ${MAX_GRANT_TOKENS}`,
      ),
    ]);
  const known = new Set(
    world.store.keysIn(call.region).flatMap(({ grants }) => [...grants.values()].map(({ token }) => token)),
  );
  if (!given.every((token) => known.has(token)))
    throw new AwsError('InvalidGrantTokenException', 'The grant token is not valid.');
}

const MAX_GRANT_TOKENS = 10;

/** @throws AwsError DisabledException or KMSInvalidStateException when the key's state is one of the refused */
export function refuseStates(key: Key, now: number, refused: readonly KeyState[]): void {
  const state = stateOf(key, now);
  if (!refused.includes(state)) return;
  if (state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
  throw new AwsError('KMSInvalidStateException', `${key.arn} is ${STATE_WORDS[state]}.`);
}

const STATE_WORDS: Readonly<Record<KeyState, string>> = {
  Creating: 'creating',
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
  Updating: 'updating',
};

/** The ARN that a key of this id has, or would have, in the call's Region. */
export function keyArn(account: string, region: string, id: string): string {
  return formatArn({
    partition: partitionOf(region).id,
    service: 'kms',
    region,
    account,
    resource: `key/${id}`,
  });
}

export function aliasArn(account: string, region: string, name: string): string {
  return formatArn({ partition: partitionOf(region).id, service: 'kms', region, account, resource: name });
}

/** The id of the key that a text names, whoever may use it; undefined when there is none. */
export function keyIdOf(world: KmsWorld, call: KmsCall, keyId: string): string | undefined {
  try {
    return resolveKey(world, call, { keyId, aliases: true }).family.id;
  } catch (thrown: unknown) {
    if (thrown instanceof AwsError) return undefined;
    throw thrown;
  }
}

function resolveKey(world: KmsWorld, call: KmsCall, request: KeyRequest): Key {
  const { account, resource } = readKeyId(call, request.keyId);
  if (resource.startsWith('alias/') && request.aliases === true)
    return resolveAlias(world, call, { account, resource });
  if (!isKeyId(resource)) throw new AwsError('NotFoundException', `Invalid keyId '${request.keyId}'`);
  const key = world.store.find(account, call.region, resource);
  if (key !== undefined) return key;
  throw new AwsError('NotFoundException', `Key '${keyArn(account, call.region, resource)}' does not exist`);
}

function resolveAlias(world: KmsWorld, call: KmsCall, named: { account: string; resource: string }): Key {
  const alias = world.store.findAlias(named.account, call.region, named.resource);
  const key = alias && world.store.find(named.account, call.region, alias.targetId);
  if (key !== undefined) return key;
  const arn = aliasArn(named.account, call.region, named.resource);
  throw new AwsError('NotFoundException', `Alias ${arn} is not found.`);
}

/** A key id or alias of the caller's own account, or an ARN of the call's Region and any account. */
function readKeyId(call: KmsCall, keyId: string): { account: string; resource: string } {
  if (!keyId.startsWith('arn:')) return { account: call.principal.account, resource: keyId };
  const arn = parseArn(keyId);
  const wellFormed =
    arn?.service === 'kms' && /^\d{12}$/.test(arn.account) && /^(key|alias)\/./.test(arn.resource);
  if (arn === undefined || !wellFormed) throw new AwsError('InvalidArnException', `Invalid arn ${keyId}`);
  if (arn.partition !== partitionOf(call.region).id || arn.region !== call.region)
    throw new AwsError('NotFoundException', `Invalid arn ${arn.region}`);
  return { account: arn.account, resource: arn.resource.replace(/^key\//, '') };
}

/** A UUID for single-Region keys, `mrk-` and 32 hexadecimal digits for multi-Region ones. */
function isKeyId(text: string): boolean {
  return /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(text);
}
