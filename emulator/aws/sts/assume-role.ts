import { formatArn, parseArn } from '../arn.js';
import type { Credentials } from '../credentials.js';
import { AwsError } from '../error.js';
import type { Principal as PolicyPrincipal } from '../../../src/policy/document.js';
import { decide } from '../decide.js';
import { describeProblems, parsePolicy } from '../../../src/policy/parse.js';
import { globalValues, type ConditionValues } from '../condition-values.js';
import { callerNames, principalArn, uniqueIdOf, type Principal } from '../principal.js';
import type { CallContext } from '../service.js';
import type { XmlValue } from '../xml.js';
import type { Role, StsWorld } from './world.js';
import { verifyIdentityToken } from './web-identity.js';

/** What both ways of assuming a role have in common. */
interface RoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly seconds: number;
}

/** The shortest and the longest session, in seconds, and what it is when nothing is said (STS's API pages). */
const MIN_SECONDS = 900;
const MAX_SECONDS = 43_200;
const DEFAULT_SECONDS = 3600;

/**
 * AssumeRole, by a caller whom the role's trust policy names.
 * @throws AwsError AccessDenied or ValidationError
 */
export function assumeRole(world: StsWorld, parameters: URLSearchParams, context: CallContext): XmlValue {
  const request = readRequest(parameters);
  const { principal, region } = context;
  const externalId = parameters.get('ExternalId');
  const role = world.roles.get(request.roleArn);
  const trusted =
    role !== undefined &&
    trusts(role, {
      action: 'sts:AssumeRole',
      names: callerNames(principal, region),
      values: {
        ...globalValues(context, world.clock.now()),
        'sts:rolesessionname': [request.sessionName],
        ...(externalId === null ? {} : { 'sts:externalid': [externalId] }),
      },
    });
  if (!trusted)
    throw accessDenied(
      `User: ${principalArn(principal, region)} is not authorized to perform: sts:AssumeRole on resource: ${request.roleArn}`,
    );
  refuseLongSession(role, request.seconds);
  const credentials = issue(world, role, { ...request, provider: undefined });
  return { AssumedRoleUser: describeSession(credentials, role), Credentials: describe(credentials) };
}

/**
 * AssumeRoleWithWebIdentity: the caller is whoever the token says, if its issuer is known, its signature is right and
 * the role's trust policy lets its claims in.
 * @throws AwsError AccessDenied, InvalidIdentityToken, ExpiredTokenException or ValidationError
 */
export async function assumeRoleWithWebIdentity(
  world: StsWorld,
  parameters: URLSearchParams,
): Promise<XmlValue> {
  const request = readRequest(parameters);
  const token = parameters.get('WebIdentityToken');
  if (token === null) throw invalid('webIdentityToken', 'null', 'Member must not be null');
  const identity = await verifyIdentityToken(world, token);
  const role = world.roles.get(request.roleArn);
  const host = identity.issuer.replace(/^https?:\/\//, '');
  const arn = parseArn(request.roleArn);
  const provider = `arn:${arn?.partition ?? 'aws'}:iam::${arn?.account ?? ''}:oidc-provider/${host}`;
  const conditions = Object.entries(identity.claims).map(([name, values]) => [
    `${host}:${name}`.toLowerCase(),
    values,
  ]);
  const trusted =
    role !== undefined &&
    trusts(role, {
      action: 'sts:AssumeRoleWithWebIdentity',
      names: [{ type: 'Federated', value: provider }],
      values: Object.fromEntries(conditions) as ConditionValues,
    });
  // AWS does not tell a role that is not there from one that does not trust the token.
  if (!trusted) throw accessDenied('Not authorized to perform sts:AssumeRoleWithWebIdentity');
  refuseLongSession(role, request.seconds);
  const credentials = issue(world, role, { ...request, provider });
  return {
    SubjectFromWebIdentityToken: identity.claims['sub']?.[0],
    Audience: identity.audience,
    AssumedRoleUser: describeSession(credentials, role),
    Credentials: describe(credentials),
    Provider: provider,
  };
}

function readRequest(parameters: URLSearchParams): RoleRequest {
  const roleArn = parameters.get('RoleArn') ?? '';
  const sessionName = parameters.get('RoleSessionName') ?? '';
  const seconds = Number(parameters.get('DurationSeconds') ?? DEFAULT_SECONDS);
  if (roleArn.length < 20)
    throw invalid('roleArn', roleArn, 'Member must have length greater than or equal to 20');
  if (parseArn(roleArn) === undefined) throw new AwsError('ValidationError', 'Request ARN is invalid');
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw invalid(
      'roleSessionName',
      sessionName,
      'Member must satisfy regular expression pattern: [\\w+=,.@-]*',
    );
  if (!(seconds >= MIN_SECONDS))
    throw invalid(
      'durationSeconds',
      String(seconds),
      `Member must have value greater than or equal to ${MIN_SECONDS}`,
    );
  if (seconds > MAX_SECONDS)
    throw invalid(
      'durationSeconds',
      String(seconds),
      `Member must have value less than or equal to ${MAX_SECONDS}`,
    );
  return { roleArn, sessionName, seconds };
}

interface TrustRequest {
  readonly action: string;
  readonly names: readonly PolicyPrincipal[];
  readonly values: ConditionValues;
}

function trusts(role: Role, request: TrustRequest): boolean {
  const text = typeof role.trustPolicy === 'string' ? role.trustPolicy : JSON.stringify(role.trustPolicy);
  const partition = parseArn(role.arn)?.partition ?? 'aws';
  const reading = parsePolicy(text, { partition, from: 'author', of: 'role' });
  if ('problems' in reading)
    throw new Error(`The trust policy of ${role.arn} is none: ${describeProblems(reading.problems)}.`);
  return decide(reading.policy, { ...request, resource: undefined }).decision === 'Allow';
}

function refuseLongSession(role: Role, seconds: number): void {
  if (seconds > (role.maxSessionDuration ?? DEFAULT_SECONDS))
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
}

function issue(
  world: StsWorld,
  role: Role,
  request: RoleRequest & { readonly provider: string | undefined },
): Credentials {
  const { sessionName, seconds, provider } = request;
  const session = { issuedAt: world.clock.now(), provider };
  return world.credentials.issue({ ...sessionOf(role, sessionName), session }, seconds);
}

function sessionOf(role: Role, sessionName: string): Principal {
  const arn = parseArn(role.arn);
  const resource = arn?.resource ?? 'role/unknown';
  const name = resource.split('/').at(-1) ?? '';
  return {
    account: arn?.account ?? '',
    // The role's path is not part of its sessions' ARNs.
    resource: `assumed-role/${name}/${sessionName}`,
    role: resource,
    userId: `${uniqueIdOf(role.arn)}:${sessionName}`,
  };
}

/** The session's ARN is in the role's partition: a call without a signature has no Region to tell it by. */
function describeSession({ principal }: Credentials, role: Role): XmlValue {
  const { account, resource, userId } = principal;
  const partition = parseArn(role.arn)?.partition ?? '';
  return {
    AssumedRoleId: userId,
    Arn: formatArn({ partition, service: 'sts', region: '', account, resource }),
  };
}

function describe(credentials: Credentials): XmlValue {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: new Date(credentials.expiresAt ?? 0).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

function accessDenied(message: string): AwsError {
  return new AwsError('AccessDenied', message, { status: 403 });
}

function invalid(name: string, value: string, rule: string): AwsError {
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: ${rule}`,
  );
}
