import { compareTexts } from './document.js';

/** What a condition key speaks of. */
type Subject =
  | 'caller' // who makes the request
  | 'source' // the resource for which an AWS service makes it
  | 'network' // where it comes from
  | 'request' // what is asked, which the caller chooses
  | 'resource' // the key, which is the same for every caller
  | 'time';

export interface ConditionKey {
  readonly subject: Subject;
  /** Whether it may have several values, so that conditions need ForAnyValue or ForAllValues. */
  readonly multivalued: boolean;
  /** Whether every request to KMS has it. */
  readonly present: 'always' | 'maybe';
}

type Row = readonly [keys: string, subject: Subject, flags?: 'always' | 'multivalued'];

/**
 * Condition keys of requests to KMS: AWS's global ones (IAM reference, "AWS global condition context keys"), those of KMS
 * (KMS developer guide, "AWS KMS condition keys" and "… for attested platforms"), and those that sessions bring along.
 * `*` at the end stands for any name.
 */
const ROWS: readonly Row[] = [
  [
    'aws:PrincipalArn aws:PrincipalAccount aws:PrincipalType aws:userid kms:CallerAccount',
    'caller',
    'always',
  ],
  ['aws:PrincipalIsAWSService aws:ViaAWSService', 'caller', 'always'],
  ['aws:PrincipalOrgPaths aws:PrincipalServiceNamesList', 'caller', 'multivalued'],
  ['aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalTag/* aws:username', 'caller'],
  ['aws:FederatedProvider aws:SourceIdentity aws:AssumedRoot aws:ChatbotSourceArn', 'caller'],
  ['aws:MultiFactorAuthAge aws:MultiFactorAuthPresent', 'caller'],
  ['ec2:SourceInstanceArn ec2:RoleDelivery lambda:SourceFunctionArn ssm:SourceInstanceArn', 'caller'],
  ['glue:RoleAssumedBy glue:CredentialIssuingService identitystore:UserId', 'caller'],
  ['sts:ExternalId sts:RoleSessionName sts:SourceIdentity sts:RoleArn', 'caller'],
  ['sts:TransitiveTagKeys', 'caller', 'multivalued'],
  ['saml:*', 'caller'],
  ['aws:SourceAccount aws:SourceArn aws:SourceOrgID', 'source'],
  ['aws:SourceOrgPaths', 'source', 'multivalued'],
  ['aws:SourceIp aws:SourceVpc aws:SourceVpcArn aws:SourceVpce aws:VpcSourceIp', 'network'],
  ['aws:VpceAccount aws:VpceOrgID aws:Ec2InstanceSourceVpc aws:Ec2InstanceSourcePrivateIPv4', 'network'],
  ['aws:VpceOrgPaths', 'network', 'multivalued'],
  ['aws:CurrentTime aws:EpochTime', 'time', 'always'],
  ['aws:TokenIssueTime', 'time'],
  ['aws:SecureTransport aws:RequestedRegion', 'request', 'always'],
  ['aws:referer aws:UserAgent aws:RequestTag/* aws:CalledViaFirst aws:CalledViaLast', 'request'],
  ['aws:CalledVia aws:TagKeys', 'request', 'multivalued'],
  ['aws:ResourceAccount', 'resource', 'always'],
  ['aws:ResourceOrgID aws:ResourceTag/*', 'resource'],
  ['aws:ResourceOrgPaths', 'resource', 'multivalued'],
  ['kms:BypassPolicyLockoutSafetyCheck kms:DataKeyPairSpec kms:EncryptionAlgorithm', 'request'],
  ['kms:EncryptionContext:* kms:ExpirationModel kms:GrantConstraintSourceArn', 'request'],
  ['kms:GrantConstraintType kms:GrantIsForAWSResource kms:GranteePrincipal', 'request'],
  ['kms:GranteeServicePrincipal kms:KeyAgreementAlgorithm kms:MacAlgorithm kms:MessageType', 'request'],
  ['kms:ReEncryptOnSameKey kms:RequestAlias kms:ReplicaRegion kms:RetiringPrincipal', 'request'],
  ['kms:RetiringServicePrincipal kms:RotationPeriodInDays kms:SigningAlgorithm kms:ValidTo', 'request'],
  ['kms:ScheduleKeyDeletionPendingWindowInDays kms:ViaService kms:WrappingAlgorithm', 'request'],
  ['kms:WrappingKeySpec kms:RecipientAttestation:*', 'request'],
  ['kms:EncryptionContextKeys kms:GrantOperations', 'request', 'multivalued'],
  ['kms:KeyOrigin kms:KeySpec kms:KeyUsage kms:MultiRegion', 'resource', 'always'],
  ['kms:CustomerMasterKeySpec kms:CustomerMasterKeyUsage kms:MultiRegionKeyType', 'resource'],
  ['kms:PrimaryRegion', 'resource'],
  ['kms:ResourceAliases', 'resource', 'multivalued'],
];

const CATALOGUE = new Map(
  ROWS.flatMap(([keys, subject, flag]) =>
    keys
      .split(' ')
      .map((key): [string, ConditionKey] => [
        key.toLowerCase(),
        { subject, multivalued: flag === 'multivalued', present: flag === 'always' ? 'always' : 'maybe' },
      ]),
  ),
);

const BEGINNINGS = [...CATALOGUE.keys()]
  .filter((key) => key.endsWith('*'))
  .map((key) => key.slice(0, -1))
  .sort((a, b) => compareTexts(b, a));

/**
 * What is known of a condition key, whatever its case; undefined for one that this catalogue lacks, such as a typing
 * error. What an identity provider says of a web identity (`accounts.google.com:aud`) is about the caller.
 */
export function findConditionKey(key: string): ConditionKey | undefined {
  const name = key.toLowerCase();
  const exact = CATALOGUE.get(name);
  if (exact !== undefined) return name.endsWith('*') ? undefined : exact;
  const beginning = BEGINNINGS.find((each) => name.startsWith(each) && name.length > each.length);
  if (beginning !== undefined) return CATALOGUE.get(`${beginning}*`);
  const isClaim = /^[a-z0-9-]+(\.[a-z0-9-]+)+(\/[^:]*)?:[\w-]+$/.test(name);
  return isClaim ? { subject: 'caller', multivalued: name.endsWith(':amr'), present: 'maybe' } : undefined;
}
