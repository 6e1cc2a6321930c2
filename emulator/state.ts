import { randomUUID } from 'node:crypto';
import { CredentialStore } from './aws/credentials.js';
import { Gateway } from './aws/gateway.js';
import { KmsService } from './aws/kms/router.js';
import { KeyStore } from './aws/kms/store.js';
import type { KmsWorld } from './aws/kms/world.js';
import type { Principal } from './aws/principal.js';
import { S3Service } from './aws/s3/service.js';
import { BucketStore } from './aws/s3/store.js';
import type { AwsService } from './aws/service.js';
import { StsService } from './aws/sts/service.js';
import type { StsWorld } from './aws/sts/world.js';
import { CallLog } from './call-log.js';
import { EmulatorClock } from './clock.js';
import { FaultList } from './faults.js';
import { createGitHub, type GitHub } from './github/index.js';
import { readRequest, type Handler } from './http.js';
import { DEFAULTS, FIRST_KEY, type EmulatorOptions, type EmulatorUser } from './options.js';

/** Everything that the emulator's parts share, and that can be looked into from outside. */
export interface EmulatorState {
  readonly clock: EmulatorClock;
  readonly calls: CallLog;
  readonly faults: FaultList;
  readonly disabledRegions: Set<string>;
  readonly credentials: CredentialStore;
  readonly buckets: BucketStore;
  readonly kms: KmsWorld;
  readonly sts: StsWorld;
  readonly github: GitHub;
}

/** Puts an emulator's parts together, with its first access key and no keys, buckets or roles. */
export function createState(options: EmulatorOptions): EmulatorState {
  const clock = new EmulatorClock();
  const calls = new CallLog(options.logFile);
  const faults = new FaultList(options.faultSeed);
  for (const fault of options.faults ?? []) faults.add(fault);
  const disabledRegions = new Set(options.disabledRegions);
  const credentials = new CredentialStore(clock);
  const account = options.account ?? DEFAULTS.account;
  for (const user of [{ account, name: 'emulator', ...FIRST_KEY }, ...(options.users ?? [])])
    addUser(credentials, user);
  return {
    clock,
    calls,
    faults,
    disabledRegions,
    credentials,
    buckets: new BucketStore(),
    kms: createKms(options, { clock, faults, disabledRegions }),
    sts: { clock, credentials, roles: new Map(), providers: new Map() },
    github: connectGitHub(options, clock, calls),
  };
}

function createKms(
  options: EmulatorOptions,
  shared: Pick<EmulatorState, 'clock' | 'faults' | 'disabledRegions'>,
): KmsWorld {
  const { clock, faults, disabledRegions } = shared;
  return {
    store: new KeyStore(),
    clock,
    settings: {
      replicaDelayMs: options.replicaDelayMs ?? DEFAULTS.replicaDelayMs,
      replicaDelayMsByRegion: new Map(),
      promotionDelayMs: options.promotionDelayMs ?? DEFAULTS.promotionDelayMs,
      maxKeysPerRegion: options.maxKeysPerRegion ?? DEFAULTS.maxKeysPerRegion,
      nextKeyIds: [],
      missingPrincipals: new Set(),
      usageTrackedSince: 0,
      canonicalPolicies: options.canonicalPolicies ?? true,
      autoTags: new Map(Object.entries(options.autoTags ?? {})),
      enforceKeyPolicies: options.enforceKeyPolicies ?? false,
    },
    isRegionEnabled: (region) => !disabledRegions.has(region) && !faults.disablesRegion(region),
    slowReplicaMs: (region) => faults.replicaDelayMs(region),
  };
}

function addUser(credentials: CredentialStore, user: EmulatorUser): void {
  const { account, name, accessKeyId, secretAccessKey } = user;
  const principal: Principal = { account, resource: `user/${name}`, userId: `AIDA${accessKeyId.slice(4)}` };
  credentials.add({ accessKeyId, secretAccessKey, sessionToken: undefined, expiresAt: undefined, principal });
}

/** GitHub lives by the same clock and writes into the same log. */
function connectGitHub(options: EmulatorOptions, clock: EmulatorClock, calls: CallLog): GitHub {
  return createGitHub({
    repository: { fullName: DEFAULTS.repository },
    ...options.github,
    now: () => clock.now(),
    onCall: (call) => {
      calls.add({
        ...call,
        time: new Date(clock.now()).toISOString(),
        region: undefined,
        errorCode: undefined,
        requestId: randomUUID(),
        resource: undefined,
      });
    },
  });
}

/** The handler of everything that is AWS. */
export function awsHandler(state: EmulatorState, options: EmulatorOptions): Handler {
  const { clock, calls, faults, credentials, disabledRegions } = state;
  const gateway = new Gateway({
    clock,
    log: calls,
    faults,
    credentials,
    services: new Map<string, AwsService>([
      ['kms', new KmsService(state.kms)],
      ['s3', new S3Service(state.buckets, clock)],
      ['sts', new StsService(state.sts)],
    ]),
    isRegionEnabled: (region) => !disabledRegions.has(region),
    sourceIp: options.sourceIp,
  });
  return async (request, response) => {
    await gateway.serve(await readRequest(request), response);
  };
}
