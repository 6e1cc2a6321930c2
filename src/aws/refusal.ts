/** Why AWS gave no credentials, in words that say what would let this job in. Pure: errors and claims in, text out. */

import { ActionError, type Explanation } from '../errors.js';
import { adviseOnDenial, readDenial, whoDenies } from '../facts/denial.js';
import type { BrokenConnection } from '../runner/connection.js';
import type { IdTokenClaims } from './oidc.js';

/** What was asked of AssumeRoleWithWebIdentity, and what the token said. Never the token itself. */
export interface RoleRequest {
  readonly region: string;
  readonly roleArn: string;
  /** What the token was asked for, e.g. `sts.amazonaws.com`. */
  readonly audience: string;
  readonly durationSeconds: number;
  readonly claims: IdTokenClaims;
}

/** An answer of STS as the SDK throws it. */
export interface StsFailure {
  /** The error's code without `Exception` at its end, e.g. `AccessDenied`. */
  readonly code: string;
  readonly message: string;
  /** The HTTP status; undefined when there was no answer at all. */
  readonly status: number | undefined;
  /** Why there was no answer; undefined when there was one, and when no call was made. */
  readonly connection?: BrokenConnection | undefined;
  readonly attempts: number;
}

const NO_CREDENTIALS = 'No credentials were given, and nothing was called with the role.';

type Words = Pick<Explanation, 'what' | 'next'>;
type Explain = (request: RoleRequest, failure: StsFailure) => Words;

/** By error code; the codes are those of AssumeRoleWithWebIdentity in AWS's API reference, and of all its services. */
const ROLE_REFUSALS: ReadonlyMap<string, Explain> = new Map<string, Explain>([
  ['AccessDenied', explainAccessDenied],
  ['InvalidIdentityToken', explainInvalidToken],
  ['IDPRejectedClaim', explainInvalidToken],
  ['ExpiredToken', explainExpiredToken],
  ['ValidationError', explainValidation],
  ['RegionDisabled', explainDisabledRegion],
]);

/**
 * Explains why STS did not let the job assume the role: with the role, the token's `sub` and `aud`, and the condition
 * of the trust policy that would let it in.
 * @returns the error to throw
 */
export function explainRoleRefusal(request: RoleRequest, failure: StsFailure): ActionError {
  const explain = ROLE_REFUSALS.get(failure.code) ?? explainOther;
  return new ActionError({ ...explain(request, failure), done: NO_CREDENTIALS });
}

/** STS gives one answer for all of these (AccessDenied), so that nobody can find out by asking which roles there are. */
function explainAccessDenied(request: RoleRequest, failure: StsFailure): Words {
  const { roleArn, claims } = request;
  const said = explainDenial(failure, request.region, 'sts:AssumeRoleWithWebIdentity');
  const refused = `AWS does not let this job assume ${quoteText(roleArn)}`;
  if (said !== undefined)
    return { what: `${refused}: ${said.who}. ${describeToken(claims)}`, next: said.next };
  return {
    what: `${refused}: either there is no such role, or its trust policy does not let this token in. ${describeToken(claims)} ${describePlace(claims)}`,
    next: `Compare the role's ARN, and then the condition in its trust policy. ${describeTrust(request)}`,
  };
}

function explainInvalidToken(request: RoleRequest, failure: StsFailure): Words {
  const { roleArn, claims, audience } = request;
  const issuer = hostOf(claims);
  const account = /^arn:[\w-]+:iam::(\d{12}):/.exec(roleArn)?.[1] ?? 'of the role';
  if (/no openidconnect provider/i.test(failure.message)) {
    return {
      what: `The account ${account} has no OpenID Connect provider for ${quoteText(issuer)}, so it can let no GitHub job assume ${quoteText(roleArn)}. ${describeToken(claims)}`,
      next: `Create the provider in IAM (URL https://${issuer}, audience ${quoteText(audience)}), or correct the account in \`role-to-assume\`. ${describeTrust(request)}`,
    };
  }
  if (/audience/i.test(failure.message)) {
    return {
      what: `The OpenID Connect provider of the account ${account} does not accept the audience ${quoteText(claims.aud.join(', '))}, so ${quoteText(roleArn)} was not assumed. ${describeToken(claims)}`,
      next: `Add this audience to the provider in IAM, or set \`audience\` to one that it has (usually sts.amazonaws.com; in China sts.amazonaws.com.cn). ${describeTrust(request)}`,
    };
  }
  return {
    what: `AWS does not accept this job's OIDC token for ${quoteText(roleArn)} (${failure.code}): ${quoteText(failure.message)}. ${describeToken(claims)}`,
    next: `Check the OpenID Connect provider in IAM: its URL has to be https://${issuer}. ${describeTrust(request)}`,
  };
}

function explainExpiredToken({ roleArn, claims }: RoleRequest): Words {
  const until =
    claims.exp === undefined ? '' : ` It was valid until ${new Date(claims.exp * 1000).toISOString()}.`;
  return {
    what: `AWS says that the OIDC token for ${quoteText(roleArn)} has expired, though it was fetched just before.${until} ${describeToken(claims)}`,
    next: 'Check the clock of a self-hosted runner, and of a GitHub Enterprise server; then run the job again.',
  };
}

function explainValidation(request: RoleRequest, { message }: StsFailure): Words {
  const { roleArn, durationSeconds } = request;
  if (/MaxSessionDuration/.test(message)) {
    return {
      what: `\`role-duration-seconds\` is ${durationSeconds}, and that is longer than ${quoteText(roleArn)} allows a session to be.`,
      next: `Ask for less (a role allows 3600 seconds unless it says otherwise), or raise the role's maximum session duration in IAM to ${durationSeconds}.`,
    };
  }
  return {
    what: `AWS does not accept the request for ${quoteText(roleArn)}: ${quoteText(message)}.`,
    next: 'Correct `role-to-assume`, `role-session-name` or `role-duration-seconds`.',
  };
}

function explainDisabledRegion({ region }: Pick<RoleRequest, 'region'>): Words {
  return {
    what: `STS is switched off in ${quoteText(region)} for this account.`,
    next: `Enable the Region for the account, or, if it is, activate its STS endpoint in the account settings of IAM.`,
  };
}

function explainOther(request: RoleRequest, failure: StsFailure): Words {
  const { roleArn, region, claims } = request;
  return {
    what: `${quoteText(roleArn)} could not be assumed: ${describeAnswer(region, failure)}. ${describeToken(claims)}`,
    next: nextAfter(failure),
  };
}

/** Explains why credentials that are there could not be used for the first call, GetCallerIdentity. */
export function explainIdentityRefusal(region: string, failure: StsFailure): ActionError {
  return new ActionError({ ...explainIdentity(region, failure), done: 'Nothing else was called with them.' });
}

function explainIdentity(region: string, failure: StsFailure): Words {
  switch (failure.code) {
    case 'InvalidClientTokenId':
    case 'UnrecognizedClient':
      return {
        what: `STS in ${quoteText(region)} does not know these AWS credentials: they are wrong, deleted or of another partition, or the Region is not enabled for the account.`,
        next: 'Check the credentials in the environment, and whether the Region is enabled for the account.',
      };
    case 'SignatureDoesNotMatch':
      return {
        what: 'The AWS secret access key does not belong to the access key id.',
        next: 'Check AWS_SECRET_ACCESS_KEY; a space or line end at its end is the usual cause.',
      };
    case 'ExpiredToken':
      return {
        what: 'The AWS credentials in the environment have expired.',
        next: 'Get new ones in a step just before this one, or let this action get them: set `role-to-assume`.',
      };
    case 'RegionDisabled':
      return explainDisabledRegion({ region });
    case 'AccessDenied': {
      const said = explainDenial(failure, region, 'sts:GetCallerIdentity');
      if (said === undefined) break;
      return { what: `AWS does not let these credentials be checked: ${said.who}.`, next: said.next };
    }
  }
  return {
    what: `The AWS credentials could not be checked: ${describeAnswer(region, failure)}.`,
    next: nextAfter(failure),
  };
}

/** What AWS says of the policy that refused the call; undefined where it says nothing, or only that the trust policy did. */
function explainDenial(
  { message }: StsFailure,
  region: string,
  permission: string,
): (Pick<Words, 'next'> & { readonly who: string }) | undefined {
  const denial = readDenial(message);
  if (denial.policy === undefined || denial.policy === 'role trust policy') return undefined;
  return { who: whoDenies(denial), next: adviseOnDenial(denial, { permission, region }) };
}

/** Explains credentials of an account that is not among `allowed-account-ids`. */
export function explainWrongAccount(
  accountId: string,
  callerArn: string,
  allowed: readonly string[],
): ActionError {
  return new ActionError({
    what: `The AWS credentials belong to the account ${quoteText(accountId)} (${quoteText(callerArn)}), and \`allowed-account-ids\` allows only ${allowed.join(', ')}.`,
    done: 'Nothing else was called with them.',
    next: 'Use credentials or a role of an allowed account, or add this one to `allowed-account-ids`.',
  });
}

/**
 * Explains that neither a role nor any credentials were given.
 * @param whyEmpty why the role may be empty although the workflow gives it, in whole sentences
 */
export function explainNoCredentials(reason: string, whyEmpty = ''): ActionError {
  return new ActionError({
    what: `There are no AWS credentials: \`role-to-assume\` is not set, and none were found in the environment, the container or the instance (${quoteText(reason)}).`,
    done: 'AWS was not called.',
    next: `Set \`role-to-assume\` to a role that trusts this repository, with \`permissions: { id-token: write }\` on the job. ${whyEmpty}`.trim(),
  });
}

function describeToken({ sub, aud }: IdTokenClaims): string {
  return `The token's sub is ${quoteText(sub ?? 'missing')}, its aud ${quoteText(aud.join(', '))}.`;
}

/** The commonest cause of a refusal: a subject that is not the one of the branch that people have in mind. */
function describePlace({ environment, sub, ref }: IdTokenClaims): string {
  if (environment !== undefined)
    return `The job names the environment ${quoteText(environment)}, so its sub has the environment in it and not the branch.`;
  if (sub?.endsWith(':pull_request') === true)
    return 'The job runs for a pull request, so its sub ends in pull_request and names no branch.';
  return ref === undefined
    ? ''
    : `The job runs for ${quoteText(ref)} and names no environment: a trust policy for an environment or another branch does not let it in.`;
}

/** The condition of a trust policy that lets the token in, and the one for the other form of its subject. */
function describeTrust({ claims, audience }: RoleRequest): string {
  const { sub } = claims;
  if (sub === undefined) return '';
  const host = hostOf(claims);
  const aud = claims.aud[0] ?? audience;
  const condition = (subject: string): string =>
    escapeInvisible(JSON.stringify({ StringEquals: { [`${host}:aud`]: aud, [`${host}:sub`]: subject } }));
  const { classic, immutable } = bothForms(claims);
  const own = `This condition lets this very token in: ${condition(sub)}.`;
  if (sub === classic && immutable !== undefined) {
    return `${own} That is the classic form; should the repository's subjects become immutable (as those of repositories created, renamed or transferred since July 2026 are), it is ${condition(immutable)}.`;
  }
  if (sub === immutable && classic !== undefined) {
    return `${own} That is the immutable form, with the ids of owner and repository; a trust policy with the classic form, ${condition(classic)}, does not let it in.`;
  }
  return own;
}

interface SubjectForms {
  /** `repo:OWNER/REPO:…` */
  readonly classic: string | undefined;
  /** `repo:OWNER@OWNER_ID/REPO@REPO_ID:…`; undefined when the ids are not known. */
  readonly immutable: string | undefined;
}

/** A token's subject in both forms that GitHub has for it; both undefined for a subject of the user's own making. */
export function bothForms(claims: IdTokenClaims): SubjectForms {
  const match = /^repo:([^/@:]+)(?:@(\d+))?\/([^/@:]+)(?:@(\d+))?:(.+)$/s.exec(claims.sub ?? '');
  if (match === null) return { classic: undefined, immutable: undefined };
  const [, owner = '', ownerId = claims.repositoryOwnerId, name = '', id = claims.repositoryId, rest = ''] =
    match;
  const hasIds = ownerId !== undefined && id !== undefined;
  return {
    classic: `repo:${owner}/${name}:${rest}`,
    immutable: hasIds ? `repo:${owner}@${ownerId}/${name}@${id}:${rest}` : undefined,
  };
}

/** The issuer as IAM's condition keys name it: without the scheme. */
function hostOf({ iss }: IdTokenClaims): string {
  return escapeInvisible((iss ?? 'https://token.actions.githubusercontent.com').replace(/^https:\/\//, ''));
}

function describeAnswer(region: string, failure: StsFailure): string {
  const { code, message, status, connection, attempts } = failure;
  const times = attempts > 1 ? `, ${attempts} times` : '';
  if (status !== undefined) return `STS in ${region} answered ${code}, ${quoteText(message)}${times}`;
  return connection === undefined
    ? `STS in ${region} was not called, because the AWS SDK failed before that: ${quoteText(message)}${times}`
    : `STS in ${region} could not be reached: ${connection.what}${times}`;
}

/** Neither AWS nor the network is to blame for what failed before a call. */
function nextAfter({ status, connection, message }: StsFailure): string {
  if (status !== undefined) return 'Run the job again; if it stays so, look at the AWS Health page.';
  if (connection !== undefined) return connection.next;
  if (/homedir/i.test(message)) {
    return 'Set HOME in the environment of the job: the user that the runner runs as has no home folder.';
  }
  if (/fips/i.test(message)) {
    return 'Unset AWS_USE_FIPS_ENDPOINT (and use_fips_endpoint in the AWS configuration), or AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS: the AWS SDK does not take both.';
  }
  return 'Check the AWS_… variables in the environment of the job, and the AWS configuration files of the runner.';
}

const LONGEST_QUOTE = 300;

/** Text of somebody else's in quotes: on one line, of bounded length, with nothing in it that cannot be seen. */
function quoteText(text: string): string {
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return escapeInvisible(JSON.stringify(cut));
}

function escapeInvisible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
