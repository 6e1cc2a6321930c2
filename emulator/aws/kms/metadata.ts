import { isBeingPromoted, isPrimary, replicasOf, stateOf, type Key } from './model.js';
import { factsOf } from './specs.js';
import { seconds, type KmsOutput } from './world.js';

/** KeyMetadata as DescribeKey, CreateKey and ReplicateKey answer it, from this key's own point of view. */
export function metadataOf(key: Key, now: number): KmsOutput {
  const { family } = key;
  const state = stateOf(key, now);
  const symmetric = factsOf(family.spec).family === 'symmetric';
  return {
    AWSAccountId: family.account,
    KeyId: family.id,
    Arn: key.arn,
    CreationDate: seconds(key.createdAt),
    // A key that is being updated still works.
    Enabled: state === 'Enabled' || (state === 'Updating' && key.enabled),
    Description: key.description,
    KeyUsage: family.usage,
    KeyState: state,
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: family.spec,
    KeySpec: family.spec,
    ...algorithmsOf(key),
    MultiRegion: family.multiRegion,
    ...(family.multiRegion ? { MultiRegionConfiguration: multiRegionConfiguration(key, now) } : {}),
    ...deletionOf(key),
    // A replica has no material yet while it is being created.
    ...(symmetric && state !== 'Creating' ? { CurrentKeyMaterialId: family.materials.at(-1)?.id } : {}),
  };
}

function algorithmsOf(key: Key): KmsOutput {
  const facts = factsOf(key.family.spec);
  switch (key.family.usage) {
    case 'ENCRYPT_DECRYPT':
      return { EncryptionAlgorithms: facts.encryption };
    case 'SIGN_VERIFY':
      return { SigningAlgorithms: facts.signing };
    case 'GENERATE_VERIFY_MAC':
      return { MacAlgorithms: facts.mac };
    case 'KEY_AGREEMENT':
      return { KeyAgreementAlgorithms: facts.agreement };
    case 'ENCAPSULATE_DECAPSULATE':
      return {};
  }
}

function multiRegionConfiguration(key: Key, now: number): KmsOutput {
  const primary = key.family.members.get(key.family.primaryRegion);
  // While the primary Region changes, both ends may show as replicas (UpdatePrimaryRegion's API page).
  const showsPrimary = isPrimary(key) && !isBeingPromoted(key, now);
  return {
    MultiRegionKeyType: showsPrimary ? 'PRIMARY' : 'REPLICA',
    ...(primary === undefined ? {} : { PrimaryKey: { Arn: primary.arn, Region: primary.region } }),
    ReplicaKeys: replicasOf(key.family).map(({ arn, region }) => ({ Arn: arn, Region: region })),
  };
}

function deletionOf(key: Key): KmsOutput {
  if (key.deletion === undefined) return {};
  // A primary that waits for its replicas has a window, but no date yet.
  return key.deletion.at === undefined
    ? { PendingDeletionWindowInDays: key.deletion.windowInDays }
    : { DeletionDate: seconds(key.deletion.at) };
}
