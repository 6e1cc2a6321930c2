import { isWellFormedRegion } from '../facts/regions.js';
import { isStateNote } from '../plan/state-notes.js';

const OWN =
  /^module\.(?:primary\.aws_kms_(?:key|alias)|replica(?:_([a-z0-9-]+)|\["([a-z0-9-]+)"\])\.aws_kms_(?:replica_key|alias))\.this(?: \(deposed [0-9a-f]+\))?$/;

/**
 * Whether a managed resource at this address is one of the bundled module's, with either provider mode. The list is of
 * what is known to be ours: whatever is not on it belongs to somebody else.
 * @param address as Terraform writes it, or as the plan's model does for a deposed object
 */
export function isOwnAddress(address: string): boolean {
  const found = OWN.exec(address);
  const region = found?.[1] ?? found?.[2];
  return found !== null && (region === undefined || isWellFormedRegion(region));
}

/**
 * Whether what Terraform names in an error is a resource that the configuration of this action does not have. Providers
 * and the data sources of the policy are its own, too.
 */
export function isForeignAddress(address: string): boolean {
  return !/^(?:provider\[|module\.policy\.)/.test(address) && !isOwnAddress(address);
}

/** The root outputs that this action's configuration has, or had in an earlier version of it. */
const OWN_OUTPUTS: ReadonlySet<string> = new Set([
  'primary_key_arn',
  'key_id',
  'replica_key_arns',
  'key_arns',
  'alias_arns',
  'account_id',
]);

export function isOwnOutput(name: string): boolean {
  return OWN_OUTPUTS.has(name) || isStateNote(name);
}

const NAMES: Readonly<Record<string, string>> = {
  aws_kms_key: 'primary key',
  aws_kms_replica_key: 'replica key',
  aws_kms_alias: 'alias',
};

/** What an address of the rendered configuration stands for. */
export interface Place {
  readonly type: string;
  readonly region: string;
}

/**
 * Where a resource of the rendered configuration is, told by its address alone.
 * @param address as Terraform writes it, e.g. `module.replica_ap-southeast-2.aws_kms_replica_key.this`
 */
export function placeOfAddress(address: string, primaryRegion: string): Place | undefined {
  const found = /^module\.(?:primary|replica(?:_|\[")([a-z0-9-]+)(?:"\])?)\.(aws_kms_\w+)\./.exec(address);
  return found?.[2] === undefined ? undefined : { type: found[2], region: found[1] ?? primaryRegion };
}

/** A resource in the words of the field, e.g. `replica key in ap-southeast-2`; the address itself for any other. */
export function nameOfAddress(address: string, primaryRegion: string): string {
  const place = placeOfAddress(address, primaryRegion);
  return place === undefined ? address : `${NAMES[place.type] ?? place.type} in ${place.region}`;
}
