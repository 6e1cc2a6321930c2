import { isWellFormedRegion } from '../aws/regions.js';
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
