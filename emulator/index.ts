import { inspectKeys, type KeyView } from './aws/kms/inspect.js';
import { createPrincipal, deletePrincipal, tagKey } from './aws/kms/outside.js';
import type { KmsSettings } from './aws/kms/world.js';
import { partitionOf } from './aws/regions.js';
import type { BucketStore } from './aws/s3/store.js';
import type { OidcProvider, Role } from './aws/sts/world.js';
import type { CallLog } from './call-log.js';
import type { EmulatorClock } from './clock.js';
import type { FaultList } from './faults.js';
import type { GitHub } from './github/index.js';
import { controlHandler } from './control.js';
import { DEFAULTS, FIRST_KEY, stsAudience, type EmulatorOptions } from './options.js';
import { startServer } from './server.js';
import { awsHandler, createState, type EmulatorState } from './state.js';

export type { KeyView } from './aws/kms/inspect.js';
export type { OidcProvider, Role } from './aws/sts/world.js';
export type { Call, CallFilter } from './call-log.js';
export { DAY_MS } from './clock.js';
export type { Fault } from './faults.js';
export type { EmulatorOptions, EmulatorUser } from './options.js';

/** A running emulator: what its clients need, and what a test looks into and turns. */
export interface Emulator {
  /** `http://127.0.0.1:PORT`, the endpoint of every AWS service. */
  readonly url: string;
  /** The base of GitHub's REST API. */
  readonly githubUrl: string;
  /** All that a client needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A bucket that exists, for Terraform's state. */
  readonly bucket: string;
  /** The ARN of a role that trusts the repository which the tokens name. */
  readonly role: string;
  readonly account: string;
  readonly region: string;
  readonly calls: CallLog;
  readonly faults: FaultList;
  /** Lets time pass: deletion windows, replication, tokens. */
  readonly clock: EmulatorClock;
  readonly kms: {
    /** The keys of a Region as they are now, read past the API. */
    keys(region: string): KeyView[];
    /** The Regions that hold a key now, sorted. */
    regions(): string[];
    /** Deletes a role or a user; policies show its unique id from then on, which is what this returns. */
    deletePrincipal(arn: string): string;
    /** Makes a role or a user of that name, another one than before. */
    createPrincipal(arn: string): void;
    /** Puts tags on a key past the API, as auto-taggers do. @throws Error when there is no such key */
    tag(region: string, id: string, tags: Readonly<Record<string, string>>): void;
    /** May be changed at any time. */
    readonly settings: KmsSettings;
  };
  readonly s3: BucketStore;
  /** Roles by ARN and OpenID Connect providers by issuer; both may be changed at any time. */
  readonly sts: { readonly roles: Map<string, Role>; readonly providers: Map<string, OidcProvider> };
  readonly github: GitHub;
  /** Regions that the account has not enabled; may be changed at any time. */
  readonly disabledRegions: Set<string>;
  /** Closes every connection and the port. */
  stop(): Promise<void>;
}

/**
 * Starts AWS and GitHub on one port of 127.0.0.1.
 * @throws Error when the port is taken or a fault is not one
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const state = createState(options);
  const { clock, calls, faults, github, disabledRegions, kms, sts } = state;
  const region = options.region ?? DEFAULTS.region;
  const account = options.account ?? DEFAULTS.account;
  const bucket = options.bucket ?? DEFAULTS.bucket;
  state.buckets.add({ name: bucket, region, account, createdAt: clock.now() });
  const repository = options.github?.repository?.fullName ?? DEFAULTS.repository;
  const role = addDefaultRoles(state, { region, account, repository });
  const server = await startServer({
    port: options.port ?? DEFAULTS.port,
    aws: awsHandler(state, options),
    github: github.handler,
    control: controlHandler({ ...state, repository }),
  });
  const url = `http://127.0.0.1:${server.port}`;
  github.setBaseUrl(url);
  return {
    url,
    githubUrl: github.env().GITHUB_API_URL,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: FIRST_KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: FIRST_KEY.secretAccessKey,
      AWS_REGION: region,
      ...github.env(),
    },
    bucket,
    role,
    account,
    region,
    calls,
    faults,
    clock,
    disabledRegions,
    kms: {
      keys: (of) => inspectKeys(kms, of),
      regions: () => {
        kms.store.settle(clock.now());
        return kms.store.regions();
      },
      deletePrincipal: (arn) => deletePrincipal(kms, arn),
      createPrincipal: (arn) => {
        createPrincipal(kms, arn);
      },
      tag: (of, id, tags) => {
        tagKey(kms, { region: of, id }, tags);
      },
      settings: kms.settings,
    },
    s3: state.buckets,
    sts: { roles: sts.roles, providers: sts.providers },
    github,
    stop: () => server.stop(),
  };
}

/**
 * The roles of the examples, and the provider whose tokens they trust: any job of the repository, in both forms of the subject.
 * @returns the ARN of the one that applies
 */
function addDefaultRoles(
  state: EmulatorState,
  place: { region: string; account: string; repository: string },
): string {
  const { sts, github } = state;
  const partition = partitionOf(place.region).id;
  const host = github.issuer.replace(/^https?:\/\//, '');
  const { repository } = place;
  const audience = stsAudience(partition);
  const immutable = repository.split('/').join('@*/');
  sts.providers.set(github.issuer, {
    url: github.issuer,
    jwks: () => ({ keys: [...github.jwks().keys] }),
    clientIds: [audience],
  });
  const trustPolicy = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: `arn:${partition}:iam::${place.account}:oidc-provider/${host}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${host}:aud`]: audience },
        StringLike: { [`${host}:sub`]: [`repo:${repository}:*`, `repo:${immutable}@*:*`] },
      },
    },
  };
  const arnOf = (name: string): string => `arn:${partition}:iam::${place.account}:role/${name}`;
  for (const arn of ['kms-plan', 'kms-apply'].map(arnOf)) sts.roles.set(arn, { arn, trustPolicy });
  return arnOf('kms-apply');
}
