import { isWellFormedRegion, partitionOf } from '../facts/regions.js';
import type { KeyPlace } from '../facts/kms-answers.js';
import type { ModuleConfiguration, RawPlan, RawResourceChange } from './schema.js';

type Attributes = Readonly<Record<string, unknown>> | null;

/**
 * The Region of each configured resource by its provider, for those that have no ARN yet: address without instance
 * keys, to Region.
 */
export function indexProviderRegions(plan: RawPlan): ReadonlyMap<string, string> {
  const index = new Map<string, string>();
  const visit = (module: ModuleConfiguration, prefix: string): void => {
    for (const { address, provider_config_key: key } of module.resources ?? []) {
      const region = regionOfProvider(plan, key);
      if (region !== undefined) index.set(`${prefix}${address}`, region);
    }
    for (const [name, call] of Object.entries(module.module_calls ?? {})) {
      if (call.module !== undefined) visit(call.module, `${prefix}module.${name}.`);
    }
  };
  visit(plan.configuration.root_module, '');
  return index;
}

/** In JSON syntax a template (`${…}`) is written as a constant, too; no template has the form of a Region. */
function regionOfProvider(plan: RawPlan, key: string | undefined): string | undefined {
  const value = plan.configuration.provider_config[key ?? '']?.expressions?.region?.constant_value;
  return isRegion(value) ? value : undefined;
}

/**
 * The Region that a resource lives in, or will: from its own `region` (provider 6), its ARN, its provider's Region, or
 * the name of its module, whichever is there first. What is made anew goes where the configuration says, not where its
 * predecessor was.
 */
export function findRegion(
  raw: RawResourceChange,
  providerRegions: ReadonlyMap<string, string>,
): string | undefined {
  const { before, after, actions } = raw.change;
  const configured = (): string | undefined =>
    regionOfInstance(raw.address) ??
    providerRegions.get(withoutInstanceKeys(raw.address)) ??
    regionOfModuleName(raw.address);
  if (actions.includes('create')) return regionOfSide(after) ?? configured() ?? regionOfSide(before);
  return regionOfSide(after) ?? regionOfSide(before) ?? configured();
}

/** The Region that one side of a change says it is in, by its `region` or its own ARN. */
export function regionOfSide(side: Attributes): string | undefined {
  const region = side?.['region'];
  return isRegion(region) ? region : regionOfArn(side?.['arn']);
}

/** `arn:aws:kms:REGION:…` to the Region; undefined for anything else. */
export function regionOfArn(arn: unknown): string | undefined {
  const region = typeof arn === 'string' && arn.startsWith('arn:') ? arn.split(':')[3] : undefined;
  return region === '' ? undefined : region;
}

/** `arn:aws:kms:REGION:ACCOUNT:…` to the account id; undefined for anything else. */
export function accountOfArn(arn: unknown): string | undefined {
  const account = typeof arn === 'string' && arn.startsWith('arn:') ? arn.split(':')[4] : undefined;
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined;
}

/** `module.replica["ap-southeast-2"].aws_kms_alias.this` to `module.replica.aws_kms_alias.this`. */
function withoutInstanceKeys(address: string): string {
  return address.replace(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g, '');
}

function regionOfInstance(address: string): string | undefined {
  const key = /^module\.[^.[]+\["([^"]+)"\]/.exec(address)?.[1];
  return isRegion(key) ? key : undefined;
}

function regionOfModuleName(address: string): string | undefined {
  const name = /^module\.replica_([a-z0-9-]+)\./.exec(address)?.[1];
  return isRegion(name) ? name : undefined;
}

function isRegion(value: unknown): value is string {
  return typeof value === 'string' && isWellFormedRegion(value);
}

/** The partition of a key's Region, for the root ARN that a bare account id stands for; `aws` where there is no Region. */
export function partitionOfKey({ region }: { readonly region: string | undefined }): string {
  return (region === undefined ? undefined : partitionOf(region)) ?? 'aws';
}

/** The place of a key by its Region and one side of a change, as a list; empty where either is not known. */
export function placeOfKey(region: string | undefined, side: Attributes): KeyPlace[] {
  const keyId = side?.['key_id'];
  return region !== undefined && typeof keyId === 'string' && keyId !== '' ? [{ region, keyId }] : [];
}
