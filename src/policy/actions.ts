import { compileGlob, matchesGlob } from './glob.js';

/**
 * The actions of KMS that a key policy can name, in KMS's own spelling (AWS Service Authorization Reference, "Actions
 * defined by AWS KMS", and the operations of the KMS API model).
 */
export const KMS_ACTIONS: readonly string[] = `
  CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateGrant CreateKey
  Decapsulate Decrypt DeleteAlias DeleteCustomKeyStore DeleteImportedKeyMaterial DeriveSharedSecret
  DescribeCustomKeyStores DescribeKey DisableKey DisableKeyRotation DisconnectCustomKeyStore EnableKey
  EnableKeyRotation Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair
  GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom
  GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey ImportKeyMaterial
  ListAliases ListGrants ListKeyPolicies ListKeyRotations ListKeys ListResourceTags ListRetirableGrants
  PutKeyPolicy ReEncryptFrom ReEncryptTo ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand
  ScheduleKeyDeletion Sign SynchronizeMultiRegionKey TagResource UntagResource UpdateAlias
  UpdateCustomKeyStore UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac
`
  .trim()
  .split(/\s+/)
  .map((name) => `kms:${name}`);

const SPELLING: ReadonlyMap<string, string> = new Map(KMS_ACTIONS.map((name) => [name.toLowerCase(), name]));

/**
 * An action or a pattern of actions in one spelling, as their case has no meaning (IAM reference, "Action"): KMS's own
 * where it is one of its actions, lower case for everything else of KMS but the parts of a pattern that KMS spells
 * likewise. What is not about KMS stays as it is written.
 */
export function spellAction(pattern: string): string {
  const lower = pattern.toLowerCase();
  if (!lower.startsWith('kms:')) return pattern;
  const known = SPELLING.get(lower);
  if (known !== undefined) return known;
  const stem = /^[^*?]*/.exec(lower)?.[0] ?? '';
  const like = KMS_ACTIONS.find((name) => name.toLowerCase().startsWith(stem));
  return `${like?.slice(0, stem.length) ?? stem}${lower.slice(stem.length)}`;
}

/** Whether an action is one that a pattern means; case counts not. */
export function matchesAction(pattern: string, action: string): boolean {
  return matchesGlob(compileGlob(pattern.toLowerCase()), action.toLowerCase());
}
