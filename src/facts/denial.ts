/**
 * Which policy refused a call: AWS says it, and what to do depends on it (IAM User Guide, "Troubleshoot access denied error
 * messages"). Pure: AWS's text in, words out. The names of the kinds are AWS's own; a kind that comes later is told by its name.
 */

/** What AWS's sentence tells; whatever it leaves out is undefined. */
export interface Denial {
  /** With its service, e.g. `kms:CreateKey`. */
  readonly permission: string | undefined;
  /** In AWS's words, lower case, e.g. `service control policy`. */
  readonly policy: string | undefined;
  /** A Deny statement, rather than the lack of an Allow. */
  readonly explicit: boolean;
  /** Of the policy with the Deny, where AWS tells it. */
  readonly policyArn: string | undefined;
}

const PERMISSION = /\bauthorized\s+to\s+perform:\s*([a-z0-9-]+:\s?[A-Za-z]+)/;
const EXPLICIT =
  /\bwith\s+an\s+explicit\s+deny\s+in\s+an?\s+([A-Za-z\s-]{1,60}?(?:policy|boundary|permissions?))\b(?::\s*(arn:[\w:/.+=,@-]+))?/;
const IMPLICIT = /\bno\s+([A-Za-z\s-]{1,60}?(?:policy|policies|boundary|permissions?))\s+allows?\b/;

/** @param text AWS's message, however its lines are wrapped, alone or within other text */
export function readDenial(text: string): Denial {
  const denied = EXPLICIT.exec(text);
  const policy = denied?.[1] ?? IMPLICIT.exec(text)?.[1];
  return {
    permission: PERMISSION.exec(text)?.[1]?.replace(/\s/g, ''),
    policy: policy === undefined ? undefined : nameOfKind(policy),
    explicit: denied !== null,
    policyArn: denied?.[2]?.replace(/[.,]+$/, ''),
  };
}

/** One name for a kind, whether AWS writes of one such policy or of several. */
function nameOfKind(said: string): string {
  return said
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/policies$/, 'policy')
    .replace(/^(?!VPC)[A-Z]/, (letter) => letter.toLowerCase());
}

/** E.g. `a service control policy denies it`; empty where AWS does not say who refused. */
export function whoDenies({ policy, explicit, policyArn }: Denial): string {
  if (policy === undefined) return '';
  if (!explicit) return `no ${policy} allows it`;
  const article = /^[aeiou]/i.test(policy) ? 'an' : 'a';
  return `${article} ${policy}${policyArn === undefined ? '' : ` (${policyArn})`} denies it`;
}

/** What a call was about, as far as the advice depends on it. */
export interface DeniedCall {
  /** With its service, e.g. `kms:CreateKey`; undefined where it is not known. */
  readonly permission: string | undefined;
  /** The Region of the call, where it is known. */
  readonly region?: string | undefined;
}

type Advise = (denial: Denial, call: DeniedCall) => string;

const LET_THE_ROLE = "Let the role do that (this action's docs/iam.md lists what it needs) and run again.";

/** By the kind of policy; whoever can't change that kind is told who can. */
const ADVICE: ReadonlyMap<string, Advise> = new Map<string, Advise>([
  [
    'identity-based policy',
    ({ explicit }) =>
      explicit
        ? "Take the Deny out of the role's own policies, or have it leave this call out: no Allow outweighs it. Then run again."
        : LET_THE_ROLE,
  ],
  ['resource-based policy', adviseOnResource],
  ['role trust policy', () => "Change the role's trust policy, and run again."],
  ['service control policy', adviseOnOrganisation],
  ['resource control policy', adviseOnOrganisation],
  [
    'permissions boundary',
    ({ explicit }) =>
      `${explicit ? 'Take the Deny out of' : 'Add the permission to'} the permissions boundary of the role: what the boundary does not allow, no policy of the role can. Then run again.`,
  ],
  [
    'session policy',
    () =>
      'The step that made these credentials narrowed them (`inline-session-policy` or `managed-session-policies` of aws-actions/configure-aws-credentials): allow the call there, or let `role-to-assume` of this action assume the role without such a policy. Then run again.',
  ],
  [
    'VPC endpoint policy',
    () =>
      'Have the policy of the VPC endpoint that the runner goes through allow the call for this role, and run again: the role itself needs no change.',
  ],
]);

function adviseOnResource({ explicit }: Denial, { permission = '' }: DeniedCall): string {
  if (permission.startsWith('sts:')) return "Change the role's trust policy, and run again.";
  const change = explicit ? 'Take the Deny out of' : 'Allow the role that in';
  if (permission.startsWith('s3:')) return `${change} the policy of the state bucket, and run again.`;
  if (!permission.startsWith('kms:'))
    return `${change} the policy of the resource that the message names, and run again.`;
  return `${change} the key policy that the key has in AWS now; that takes somebody whom the key policy lets do kms:PutKeyPolicy, as this role is not let in. Then run again.`;
}

/** Calls that may put tags on what they make. */
const MAKES = /:(?:CreateKey|ReplicateKey|TagResource)$/;

function adviseOnOrganisation({ policy = '' }: Denial, { permission = '', region }: DeniedCall): string {
  const tags = MAKES.test(permission)
    ? ' If it asks for tags on whatever is made, give them with `tags`.'
    : '';
  const here = region === undefined ? 'such a Region' : region;
  return `Nothing in this account outweighs it: whoever administers the organisation has to change the ${policy}, or leave this role out of it.${tags} If it limits the Regions, take ${here} out of the inputs. Then run again.`;
}

/** What to do about a refused call. */
export function adviseOnDenial(denial: Denial, call: DeniedCall): string {
  if (denial.policy === undefined) return LET_THE_ROLE;
  const advise = ADVICE.get(denial.policy);
  if (advise !== undefined) return advise(denial, call);
  return `Change that ${denial.policy}, or have it leave this role out, and run again.`;
}

/** A call of this action's own that AWS refused, and what AWS said of it. */
export interface RefusedCall {
  /** With its service, e.g. `kms:DescribeKey`. */
  readonly permission: string;
  readonly region: string | undefined;
  readonly denial: Denial;
}

/** Nobody forbade the call, and AWS blames nothing but what the role may do. */
export function isMissing({ policy, explicit }: Denial): boolean {
  return policy === undefined || (policy === 'identity-based policy' && !explicit);
}

/** E.g. `kms:DescribeKey is missing`, `kms:DescribeKey is refused: a service control policy denies it`. */
export function sayRefusal({ permission, denial }: RefusedCall): string {
  return isMissing(denial) ? `${permission} is missing` : `${permission} is refused: ${whoDenies(denial)}`;
}

/**
 * What lets refused calls pass, each kind of policy once.
 * @param on what the permissions are for, in words, e.g. ` on these keys`
 * @returns whole sentences; empty where nothing was refused
 */
export function adviseOnRefusals(calls: readonly RefusedCall[], on = ''): string {
  const missing = [
    ...new Set(calls.filter(({ denial }) => isMissing(denial)).map((call) => call.permission)),
  ];
  const others = calls.filter(({ denial }) => !isMissing(denial));
  const sentences = [
    ...(missing.length === 0 ? [] : [`Let the role do ${missing.join(', ')}${on}, and run again.`]),
    ...others.map(({ denial, ...call }) => adviseOnDenial(denial, call)),
  ];
  return [...new Set(sentences)].join(' ');
}
