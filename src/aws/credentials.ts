import type { Credentials, STSClient } from '@aws-sdk/client-sts';
import type { Environment } from '../runner/context.js';
import type { Clock, Log } from '../deps.js';
import { ActionError, messageOf } from '../errors.js';
import type { Inputs } from '../inputs/inputs.js';
import { explainConnection } from '../runner/connection.js';
import { attemptsOf, httpStatusOf } from './answer.js';
import { endpointOf, urlOfService } from './endpoints.js';
import { WAYS_TO_CREDENTIALS } from './machine-config.js';
import { readClaims, type IdTokenClaims } from './oidc.js';
import {
  explainIdentityRefusal,
  explainNoCredentials,
  explainRoleRefusal,
  explainWrongAccount,
  type StsFailure,
} from './refusal.js';
import { withRetries } from './retry.js';

export interface CredentialOptions extends Pick<
  Inputs,
  'roleToAssume' | 'roleSessionName' | 'roleDurationSeconds' | 'audience' | 'allowedAccountIds'
> {
  /** The primary Region: its STS endpoint is called, which is also the one of its partition. */
  readonly region: string;
  /** Regions of the same partition whose STS is asked where that one does not answer, in this order. */
  readonly otherRegions?: readonly string[];
  /** Why there may be no role although the workflow gives one, in whole sentences. */
  readonly whyNoRole?: string;
  readonly env: Environment;
  /** Gets a fresh OIDC token, already masked. */
  readonly getIdToken: (audience: string) => Promise<string>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Log, 'mask' | 'debug' | 'info'>;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  /** See RetryOptions. */
  readonly firstWaitMs?: number;
}

/** In the shape that the SDK's clients take. */
interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

interface Proven {
  /** The newest ones. */
  readonly credentials: AwsCredentials;
  readonly accountId: string;
  readonly callerArn: string;
}

/** Credentials that were proven to work and to belong to an allowed account. They live in memory alone. */
export interface AwsSession extends Proven {
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
 * environment, profile, container, instance. Tried again, with jitter: what AWS's SDKs mean by throttling and transient,
 * and STS not reaching GitHub's keys; never AccessDenied or an expired token, which no second attempt changes.
 *
 * @throws ActionError for every refusal
 */
export async function obtainCredentials(options: CredentialOptions): Promise<AwsSession> {
  let proven = await obtainProven(options);
  let renewal: Promise<boolean> | undefined;
  const renew = async (): Promise<boolean> => {
    const { accountId, credentials } = proven;
    const renewed = await obtainProven(options);
    if (renewed.accountId !== accountId)
      throw explainWrongAccount(renewed.accountId, renewed.callerArn, [accountId]);
    proven = renewed;
    const isNew = renewed.credentials.accessKeyId !== credentials.accessKeyId;
    options.log.debug(isNew ? 'The AWS credentials were renewed.' : 'There are no newer AWS credentials.');
    return isNew;
  };
  const refreshIfShort = async (minMs = SHORT_MS): Promise<boolean> => {
    const end = proven.credentials.expiration?.getTime() ?? Infinity;
    if (end - options.clock.now() >= minMs) return false;
    // Clients of several Regions ask at the same time: one renewal serves them all.
    renewal ??= renew().finally(() => {
      renewal = undefined;
    });
    return renewal;
  };
  return {
    ...proven,
    get credentials() {
      return proven.credentials;
    },
    get environment() {
      return childVariables(proven.credentials, options.env);
    },
    provider: async () => {
      await refreshIfShort(SHORT_FOR_CLIENTS_MS);
      return proven.credentials;
    },
    refreshIfShort,
  };
}

/** How long the STS of one Region is asked while there is another one to ask, in milliseconds. */
const ONE_REGION_MS = 5_000;

/** An STS that gave no answer: the one of another Region may. */
class NoAnswer extends ActionError {}

/** Credentials are the same whichever Region's STS gives them, so no Region that is down keeps a run from the others. */
async function obtainProven(options: CredentialOptions): Promise<Proven> {
  const { otherRegions = [], log } = options;
  let { region } = options;
  for (const next of otherRegions) {
    const limit = AbortSignal.timeout(ONE_REGION_MS);
    const signal = AbortSignal.any([limit, options.signal]);
    try {
      return await obtainIn({ ...options, region, signal });
    } catch (failure) {
      options.signal.throwIfAborted();
      if (!limit.aborted && !(failure instanceof NoAnswer)) throw failure;
      log.info(`STS in ${region} gave no credentials; the one in ${next} is asked.`);
      region = next;
    }
  }
  return obtainIn({ ...options, region });
}

/** By the STS of one Region. */
async function obtainIn(options: CredentialOptions): Promise<Proven> {
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
  const { region, audience, roleDurationSeconds: durationSeconds, signal } = options;
  let claims: IdTokenClaims | undefined;
  let attempts = 0;
  const attempt = async (client: STSClient): Promise<AwsCredentials> => {
    attempts += 1;
    const token = await options.getIdToken(audience);
    claims = readClaims(token);
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: options.roleSessionName === '' ? DEFAULT_SESSION_NAME : options.roleSessionName,
      DurationSeconds: durationSeconds,
      WebIdentityToken: token,
    });
    return readIssued((await client.send(command, { abortSignal: signal })).Credentials);
  };
  try {
    return await withClient({ ...options, maxAttempts: 1 }, (client) =>
      withRetries(() => attempt(client), {
        ...options,
        isTransient: (failure, isForSdks) => isTransientForSts(failure, isForSdks, options),
        onRetry: (failure) => {
          options.log.debug(`STS: ${readFailure(failure, options).code}; attempt ${attempts}.`);
        },
      }),
    );
  } catch (failure) {
    signal.throwIfAborted();
    if (failure instanceof ActionError || claims === undefined) throw failure;
    const read = { ...readFailure(failure, options), attempts };
    throw orNoAnswer(explainRoleRefusal({ region, roleArn, audience, durationSeconds, claims }, read), read);
  }
}

function readIssued(issued: Partial<Credentials> = {}): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued;
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
  try {
    return await withClient(options, (client) => client.config.credentials());
  } catch (error) {
    throw explainNoCredentials(messageOf(error), options.whyNoRole);
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
  try {
    const { Account: accountId = '', Arn: callerArn = '' } = await withClient(
      { ...options, credentials },
      (client) => client.send(new GetCallerIdentityCommand({}), { abortSignal: signal }),
    );
    if (allowedAccountIds.length > 0 && !allowedAccountIds.includes(accountId)) {
      throw explainWrongAccount(accountId, callerArn, allowedAccountIds);
    }
    return { credentials, accountId, callerArn };
  } catch (failure) {
    signal.throwIfAborted();
    if (failure instanceof ActionError) throw failure;
    const read = readFailure(failure, options);
    throw orNoAnswer(explainIdentityRefusal(region, read), read);
  }
}

function orNoAnswer(explained: ActionError, { connection }: StsFailure): ActionError {
  return connection?.kind === 'network' ? new NoAnswer(explained) : explained;
}

interface ClientOptions extends Pick<CredentialOptions, 'region' | 'env'> {
  readonly credentials?: AwsCredentials;
  /** The SDK's own attempts: 1 where each one needs a token of its own. */
  readonly maxAttempts?: number;
}

/** Works with a client of STS, which is closed afterwards. */
async function withClient<T>(options: ClientOptions, work: (client: STSClient) => Promise<T>): Promise<T> {
  const { region, env, credentials, maxAttempts = 5 } = options;
  const { STSClient } = await import('@aws-sdk/client-sts');
  const { ProxiedHandler } = await import('./http-handler.js');
  const endpoint = endpointOf('STS', env);
  const client = new STSClient({
    region,
    maxAttempts,
    requestHandler: new ProxiedHandler(),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

/** What the SDK threw, as far as messages need it: its attempts are those that the SDK made by itself. */
function readFailure(error: unknown, { region, env }: CredentialOptions): StsFailure {
  const status = httpStatusOf(error);
  return {
    code: error instanceof Error ? error.name.replace(/Exception$/, '') : 'Error',
    message: messageOf(error),
    status,
    connection: status === undefined ? explainConnection(error, urlOfService('STS', region, env)) : undefined,
    attempts: attemptsOf(error) ?? 1,
  };
}

/**
 * Beside what AWS's SDKs call transient, what only STS means so: under InvalidIdentityToken, a code that is otherwise final,
 * it says that it could not reach GitHub's keys.
 */
function isTransientForSts(failure: unknown, isForSdks: boolean, options: CredentialOptions): boolean {
  if (failure instanceof ActionError) return false;
  const { connection, code, message } = readFailure(failure, options);
  if (connection !== undefined) return connection.transient;
  return isForSdks || code === 'IDPCommunicationError' || /couldn't retrieve verification key/i.test(message);
}

/** What could win over the credentials that are given, or fail where it leads nowhere. */
const OTHER_SOURCES = [
  ...WAYS_TO_CREDENTIALS,
  ...['AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'],
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
