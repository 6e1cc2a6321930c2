import { matchesAction } from './actions.js';
import type { Condition, Policy, Principal, Statement } from './document.js';
import { accountOfPrincipal, EVERYBODY, isSamePrincipal } from './principals.js';
import { accountsHeldTo } from './strangers.js';

/** What gives power over a key rather than the use of it. */
const POWERS = ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:CreateGrant'] as const;
type Power = (typeof POWERS)[number];

export interface ForeignPower {
  readonly statement: Statement;
  /** Those who are not of the key's account, or need not be. */
  readonly principals: readonly Principal[];
  readonly powers: readonly Power[];
}

/** The statements that give power over the key to others than the key's own account. */
export function findForeignPower(policy: Policy, account: string): ForeignPower[] {
  return policy.statements
    .filter(({ effect, principals }) => effect === 'Allow' && !principals.not)
    .map((statement) => ({
      statement,
      principals: foreignPrincipals(statement, account),
      powers: powersOf(statement),
    }))
    .filter(({ principals, powers }) => principals.length > 0 && powers.length > 0);
}

function foreignPrincipals(statement: Statement, account: string): Principal[] {
  const heldTo = accountsHeldTo(statement);
  const isOwn = heldTo?.every((each) => each === account) === true;
  return statement.principals.members.filter((principal) => {
    if (principal.type !== 'AWS') return false;
    if (isSamePrincipal(principal, EVERYBODY)) return !isOwn;
    const whose = accountOfPrincipal(principal);
    return whose !== undefined && whose !== account;
  });
}

function powersOf({ actions, conditions }: Statement): Power[] {
  return POWERS.filter((power) => {
    const isNamed = actions.names.some((pattern) => matchesAction(pattern, power)) !== actions.not;
    return isNamed && !(power === 'kms:CreateGrant' && conditions.some(limitsGrants));
  });
}

/**
 * Whether grants can only be made for a resource of an AWS service, or for principals that are named (KMS developer guide,
 * kms:GrantIsForAWSResource, kms:GranteePrincipal, kms:GranteeServicePrincipal).
 */
function limitsGrants({ operator, key, values }: Condition): boolean {
  const name = key.toLowerCase();
  if (name === 'kms:grantisforawsresource') {
    return operator === 'Bool' && values.every((value) => value.toLowerCase() === 'true');
  }
  const isGrantee = name === 'kms:granteeprincipal' || name === 'kms:granteeserviceprincipal';
  const isPositive = ['StringEquals', 'ArnEquals', 'ArnLike', 'StringLike'].includes(operator);
  return isGrantee && isPositive && !values.some((value) => /[*?$]/.test(value));
}
