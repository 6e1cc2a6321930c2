import type { STSClient } from '@aws-sdk/client-sts';
import { retry, type Attempt } from '../back-off.js';
import type { Environment } from '../context.js';
import type { Clock, Log } from '../deps.js';
import { ActionError, messageOf } from '../errors.js';
import { endpointOf } from './endpoints.js';
import { readClaims, type IdTokenClaims } from './oidc.js';
import {
  explainIdentityRefusal,
  explainNoCredentials,
  explainRoleRefusal,
  explainWrongAccount,
  type StsFailure,
} from './refusal.js';

export interface CredentialOptions {
  /** The primary Region: its STS endpoint is called, which is also the one of its partition. */
  readonly region: string;
  /** The role to assume with the job's OIDC token; undefined for the credentials that are there already. */
  readonly roleToAssume: string | undefined;
  /** Why there may be no role although the workflow gives one, in whole sentences. */
  readonly whyNoRole?: string;
  /** Empty for the default. */
  readonly roleSessionName: string;
  readonly roleDurationSeconds: number;
  /** What the OIDC token is asked for, e.g. `sts.amazonaws.com`. */
  readonly audience: string;
  /** Account ids, 12 digits each; empty for any account. */
  readonly allowedAccountIds: readonly string[];
  readonly env: Environment;
  /** Gets a fresh OIDC token, already masked. */
  readonly getIdToken: (audience: string) => Promise<string>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'mask' | 'debug'>;
  readonly signal?: AbortSignal | undefined;
  /** 0 (included) to 1 (excluded), for the jitter. */
  readonly random?: () => number;
}

/** In the shape that the SDK's clients take. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Credentials that were proven to work and to belong to an allowed account. They live in memory alone. */
export interface AwsSession {
  /** The newest ones. */
  readonly credentials: AwsCredentials;
  readonly accountId: string;
  readonly callerArn: string;
  /** Milliseconds since the epoch; undefined for credentials without an end, or whose end is not known. */
  readonly expiresAt: number | undefined;
  /** Variables for the environment of the Terraform child, and for nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  /** For the SDK's clients: always the newest credentials, renewed when less than 5 minutes are left. */
  readonly provider: () => Promise<AwsCredentials>;
  /**
   * Renews the credentials when less than this is left of them, and proves the new ones in the same way.
   * @param minMs milliseconds; 10 minutes unless told
   * @returns whether there are new ones
   * @throws ActionError when they cannot be renewed, or now belong to another account
   */
  refreshIfShort(minMs?: number): Promise<boolean>;
}

const SHORT_MS = 10 * 60_000;
/** The SDK's clients ask their provider again in the last 5 minutes of what it gave. */
const SHORT_FOR_CLIENTS_MS = 5 * 60_000;
const DEFAULT_SESSION_NAME = 'aws-kms-multi-region-key';

/**
 * Gets AWS credentials, masks them, and proves them before anybody else sees them: GetCallerIdentity must answer, and
 * the account must be an allowed one.
 *
 * With a role, a fresh OIDC token for every attempt is exchanged at STS. Without one, the SDK's own chain is asked:
 * environment, profile, container, instance. Tried again, with jitter: throttling, 5xx, broken connections, and
 * STS not reaching GitHub's keys; never AccessDenied or an expired token, which no second attempt changes.
 *
 * @throws ActionError for every refusal
 */
export async function obtainCredentials(options: CredentialOptions): Promise<AwsSession> {
  return new ProvenSession(options, await obtainProven(options));
}

interface Proven {
  readonly credentials: AwsCredentials;
  readonly accountId: string;
  readonly callerArn: string;
}

class ProvenSession implements AwsSession {
  readonly #options: CredentialOptions;
  #proven: Proven;
  #renewal: Promise<boolean> | undefined;

  constructor(options: CredentialOptions, proven: Proven) {
    this.#options = options;
    this.#proven = proven;
  }

  get credentials(): AwsCredentials {
    return this.#proven.credentials;
  }

  get accountId(): string {
    return this.#proven.accountId;
  }

  get callerArn(): string {
    return this.#proven.callerArn;
  }

  get expiresAt(): number | undefined {
    return this.credentials.expiration?.getTime();
  }

  get environment(): Readonly<Record<string, string>> {
    return childVariables(this.credentials, this.#options.env);
  }

  readonly provider = async (): Promise<AwsCredentials> => {
    await this.refreshIfShort(SHORT_FOR_CLIENTS_MS);
    return this.credentials;
  };

  async refreshIfShort(minMs: number = SHORT_MS): Promise<boolean> {
    if (this.expiresAt === undefined || this.expiresAt - this.#options.clock.now() >= minMs) return false;
    // Clients of several Regions ask at the same time: one renewal serves them all.
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renew(): Promise<boolean> {
    const before = this.#proven;
    const renewed = await obtainProven(this.#options);
    if (renewed.accountId !== before.accountId) {
      throw explainWrongAccount(renewed.accountId, renewed.callerArn, [before.accountId]);
    }
    this.#proven = renewed;
    const isNew = renewed.credentials.accessKeyId !== before.credentials.accessKeyId;
    this.#options.log.debug(
      isNew ? 'The AWS credentials were renewed.' : 'There are no newer AWS credentials.',
    );
    return isNew;
  }
}

async function obtainProven(options: CredentialOptions): Promise<Proven> {
  const { roleToAssume, log } = options;
  const credentials =
    roleToAssume === undefined ? await readAmbient(options) : await assumeRole(roleToAssume, options);
  for (const secret of [credentials.secretAccessKey, credentials.sessionToken, credentials.accessKeyId]) {
    if (secret !== undefined) log.mask(secret);
  }
  return prove(credentials, options);
}

async function assumeRole(roleArn: string, options: CredentialOptions): Promise<AwsCredentials> {
  const { AssumeRoleWithWebIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = await createClient(options);
  const { region, audience, roleDurationSeconds: durationSeconds, signal } = options;
  let claims: IdTokenClaims | undefined;
  try {
    return await withRetries(options, async () => {
      const token = await options.getIdToken(audience);
      claims = readClaims(token);
      const command = new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: options.roleSessionName === '' ? DEFAULT_SESSION_NAME : options.roleSessionName,
        DurationSeconds: durationSeconds,
        WebIdentityToken: token,
      });
      return readIssued((await client.send(command, sendOptions(signal))).Credentials);
    });
  } catch (error) {
    if (!(error instanceof StsRefusal) || claims === undefined) throw error;
    throw explainRoleRefusal({ region, roleArn, audience, durationSeconds, claims }, error.failure);
  } finally {
    client.destroy();
  }
}

interface IssuedCredentials {
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly SessionToken?: string | undefined;
  readonly Expiration?: Date | undefined;
}

function readIssued(issued: IssuedCredentials | undefined): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || Expiration === undefined) {
    throw new ActionError({
      what: 'STS answered AssumeRoleWithWebIdentity without whole credentials.',
      done: 'Nothing was called with the role.',
      next: 'Check what AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS point to.',
    });
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  };
}

async function readAmbient(options: CredentialOptions): Promise<AwsCredentials> {
  const fromEnvironment = readEnvironment(options.env);
  if (fromEnvironment !== undefined) return fromEnvironment;
  const client = await createClient(options);
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await client.config.credentials();
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      ...(expiration === undefined ? {} : { expiration }),
    };
  } catch (error) {
    throw explainNoCredentials(messageOf(error), options.whyNoRole);
  } finally {
    client.destroy();
  }
}

/** Keys in the environment, unless a profile is named: the SDK, too, lets the profile win then. */
function readEnvironment(env: Environment): AwsCredentials | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? '';
  const sessionToken = env['AWS_SESSION_TOKEN'] ?? '';
  const expiration = new Date(env['AWS_CREDENTIAL_EXPIRATION'] ?? '');
  if (accessKeyId === '' || secretAccessKey === '' || (env['AWS_PROFILE'] ?? '') !== '') return undefined;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === '' ? {} : { sessionToken }),
    ...(Number.isNaN(expiration.getTime()) ? {} : { expiration }),
  };
}

async function prove(credentials: AwsCredentials, options: CredentialOptions): Promise<Proven> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { region, signal, allowedAccountIds } = options;
  const client = await createClient(options, credentials);
  try {
    const { Account: accountId = '', Arn: callerArn = '' } = await withRetries(options, () =>
      client.send(new GetCallerIdentityCommand({}), sendOptions(signal)),
    );
    if (allowedAccountIds.length > 0 && !allowedAccountIds.includes(accountId)) {
      throw explainWrongAccount(accountId, callerArn, allowedAccountIds);
    }
    return { credentials, accountId, callerArn };
  } catch (error) {
    throw error instanceof StsRefusal ? explainIdentityRefusal(region, error.failure) : error;
  } finally {
    client.destroy();
  }
}

async function createClient(
  { region, env }: CredentialOptions,
  credentials?: AwsCredentials,
): Promise<STSClient> {
  const { STSClient } = await import('@aws-sdk/client-sts');
  const endpoint = endpointOf('STS', env);
  return new STSClient({
    region,
    // Retries are made here: each needs a token of its own.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** STS's last word, between the retries and whoever explains it. */
class StsRefusal extends Error {
  readonly failure: StsFailure;

  constructor(failure: StsFailure, cause: unknown) {
    super(failure.code, { cause });
    this.failure = failure;
  }
}

/** @throws StsRefusal with STS's last answer; whatever is not an answer of STS as it is */
async function withRetries<T>(options: CredentialOptions, work: () => Promise<T>): Promise<T> {
  const tryOnce = async (): Promise<Attempt<T, unknown>> => {
    try {
      return { value: await work() };
    } catch (failure) {
      options.signal?.throwIfAborted();
      if (failure instanceof ActionError) throw failure;
      return { failure, transient: isTransient(readFailure(failure)) };
    }
  };
  const outcome = await retry(options, tryOnce, (failure, attempt, attempts) => {
    options.log.debug(`STS: ${readFailure(failure).code}; attempt ${attempt} of ${attempts}.`);
  });
  if ('value' in outcome) return outcome.value;
  const { failure, attempts } = outcome;
  throw new StsRefusal({ ...readFailure(failure), attempts }, failure);
}

type StsAnswer = Omit<StsFailure, 'attempts'>;

function readFailure(error: unknown): StsAnswer {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, '$metadata') : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return {
    code: error instanceof Error ? error.name.replace(/Exception$/, '') : 'Error',
    message: messageOf(error),
    status: typeof status === 'number' ? status : undefined,
  };
}

const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  ...['Throttling', 'Throttled', 'TooManyRequests', 'RequestLimitExceeded', 'RequestThrottled', 'SlowDown'],
  ...['IDPCommunicationError', 'RequestTimeout'],
]);

/** No answer at all is a broken connection: in what way, each system says differently. */
function isTransient({ code, message, status }: StsAnswer): boolean {
  return (
    status === undefined ||
    status === 429 ||
    status >= 500 ||
    TRANSIENT_CODES.has(code) ||
    // STS answers so when it could not reach GitHub's keys, under a code that is otherwise final.
    /couldn't retrieve verification key/i.test(message)
  );
}

/** Other ways to credentials, which could win over the ones that are given, or fail when they lead nowhere. */
const OTHER_SOURCES = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
];

/** AWS's SDKs take an empty variable for one that is not set, so an empty one puts out what the job has set. */
function childVariables(credentials: AwsCredentials, env: Environment): Record<string, string> {
  const blanked = OTHER_SOURCES.filter((name) => env[name] !== undefined).map((name) => [name, ''] as const);
  return {
    ...Object.fromEntries(blanked),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
  };
}
