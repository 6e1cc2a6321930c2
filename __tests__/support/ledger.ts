import type { Emulator } from '../../emulator/index.js';
import { currentVersion, liveKeys } from '../../emulator/aws/s3/store.js';

/** A key in one Region: `ap-southeast-1/mrk-…`. */
export type KeyName = string;

/** What AWS has, held against what the state in the bucket says it has; read past every API. */
export interface Ledger {
  /** Keys that exist and that the state does not know: each of them costs, and nobody will ever find it. */
  readonly unknown: readonly KeyName[];
  /** Keys that the state knows and that do not exist. */
  readonly missing: readonly KeyName[];
  /** Locks that nobody holds any more. */
  readonly locks: readonly string[];
  /** Addresses that the next plan would replace. */
  readonly tainted: readonly string[];
}

interface State {
  readonly resources?: readonly {
    readonly module?: string;
    readonly type: string;
    readonly instances: readonly {
      readonly status?: string;
      readonly attributes: { readonly id: string | null; readonly arn?: string | null } | null;
    }[];
  }[];
}

const PRIMARY_REGION = 'ap-southeast-1';

/** Balances the books of an emulator whose keys all belong to the states in its bucket. */
export function readLedger({ s3, bucket: name, kms }: Emulator): Ledger {
  const bucket = s3.find(name);
  const objects = bucket === undefined ? [] : liveKeys(bucket);
  const states = objects
    .filter((key) => key.endsWith('.tfstate'))
    .map((key) => JSON.parse(currentVersion(bucket as never, key)?.body.toString('utf8') ?? '{}') as State);
  const resources = states.flatMap(({ resources: all = [] }) => all);
  const recorded = states.flatMap(keysOf);
  const existing = kms.regions().flatMap((region) => kms.keys(region).map(({ id }) => `${region}/${id}`));
  return {
    unknown: existing.filter((key) => !recorded.includes(key)),
    missing: recorded.filter((key) => !existing.includes(key)),
    locks: objects.filter((key) => key.endsWith('.tflock')),
    tainted: resources
      .filter(({ instances }) => instances.some(({ status }) => status === 'tainted'))
      .map(({ module = '', type }) => `${module}.${type}`),
  };
}

/** The keys that the text of a state knows; none for an empty text. */
export function keysInState(text: string): KeyName[] {
  return text === '' ? [] : keysOf(JSON.parse(text) as State);
}

function keysOf({ resources = [] }: State): KeyName[] {
  return resources
    .filter(({ type }) => type === 'aws_kms_key' || type === 'aws_kms_replica_key')
    .flatMap(({ module = '', instances }) =>
      instances.map(({ attributes }) => {
        const region = attributes?.arn?.split(':')[3] ?? regionOf(module);
        return `${region}/${attributes?.id ?? 'without an id'}`;
      }),
    );
}

function regionOf(module: string): string {
  return /^module\.replica_(.+)$/.exec(module)?.[1] ?? PRIMARY_REGION;
}
