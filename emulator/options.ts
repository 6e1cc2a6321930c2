import type { GitHubOptions } from './github/index.js';
import type { Fault } from './faults.js';

/** How an emulator starts. Everything has a default. */
export interface EmulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The Region of `env` and of the bucket. */
  readonly region?: string;
  /** The account that the first access key, the bucket and the role belong to. */
  readonly account?: string;
  readonly bucket?: string;
  readonly faults?: readonly Fault[];
  /** The seed of the faults' probabilities. */
  readonly faultSeed?: number;
  /** Where to append the call log, a line of JSON per call. */
  readonly logFile?: string;
  /** Regions that the account has not enabled. */
  readonly disabledRegions?: readonly string[];
  /** How long a new replica stays in state Creating, in milliseconds. */
  readonly replicaDelayMs?: number;
  /** How long a change of the primary Region takes, in milliseconds. */
  readonly promotionDelayMs?: number;
  /** How many keys the account may have in a Region. */
  readonly maxKeysPerRegion?: number;
  /** Whether key policies come back in KMS's own form; true unless told. */
  readonly canonicalPolicies?: boolean;
  /** What an auto-tagger of the organisation puts on every new key as soon as it is there. */
  readonly autoTags?: Readonly<Record<string, string>>;
  /** Whether key policies decide over calls from the key's own account too. */
  readonly enforceKeyPolicies?: boolean;
  /** The address that every call to AWS seems to come from (`aws:SourceIp`); its own, 127.0.0.1, unless told. */
  readonly sourceIp?: string;
  /** Further long-term credentials, e.g. of another account. */
  readonly users?: readonly EmulatorUser[];
  /** The GitHub half: the repository, the job that asks for OIDC tokens, the issuer. */
  readonly github?: Pick<GitHubOptions, 'repository' | 'job' | 'issuer'>;
}

/** A user with an access key. */
export interface EmulatorUser {
  readonly account: string;
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const DEFAULTS = {
  port: 0,
  region: 'ap-southeast-1',
  account: '999900001111',
  bucket: 'emulator-terraform-state',
  repository: 'octo-org/octo-repo',
  /** Short, but long enough for a client that does not wait to meet a key that is not there yet. */
  replicaDelayMs: 300,
  promotionDelayMs: 300,
  /** The KMS quota "AWS KMS keys". */
  maxKeysPerRegion: 100_000,
} as const;

/** The one access key that is there from the start. Not a secret: it opens nothing but this emulator. */
export const FIRST_KEY = {
  accessKeyId: 'AKIAEMULATOREMULATOR',
  secretAccessKey: 'emulator/emulator/emulator/emulator/emul',
} as const;

/**
 * The audience that this action, and AWS's own, ask GitHub's tokens for.
 * @param partition as it stands in ARNs
 */
export function stsAudience(partition: string): string {
  return partition === 'aws-cn' ? 'sts.amazonaws.com.cn' : 'sts.amazonaws.com';
}
