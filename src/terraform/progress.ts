import type { ApplyEvent } from './events.js';

const NAMES: Readonly<Record<string, string>> = {
  aws_kms_key: 'primary key',
  aws_kms_replica_key: 'replica key',
  aws_kms_alias: 'alias',
};

const VERBS: Readonly<Record<string, string>> = {
  create: 'creating',
  update: 'updating',
  delete: 'deleting',
  replace: 'replacing',
};

/**
 * A resource of the rendered configuration in the words of the field, e.g. `replica key in ap-southeast-2`.
 * @param address as Terraform writes it, e.g. `module.replica_ap-southeast-2.aws_kms_replica_key.this`
 */
export function nameOfAddress(address: string, primaryRegion: string): string {
  const found = /^module\.(?:primary|replica(?:_|\[")([a-z0-9-]+)(?:"\])?)\.(aws_kms_\w+)\./.exec(address);
  if (found === null) return address;
  return `${NAMES[found[2] ?? ''] ?? found[2] ?? ''} in ${found[1] ?? primaryRegion}`;
}

/** One line for the log as a resource starts, waits or ends; undefined where there is nothing to say. */
export function describeEvent(event: ApplyEvent, primaryRegion: string): string | undefined {
  if (!('address' in event)) return undefined;
  const name = nameOfAddress(event.address, primaryRegion);
  const verb = VERBS[event.action] ?? event.action;
  switch (event.type) {
    case 'start':
      return `${name}: ${verb}`;
    case 'progress':
      return `${name}: still ${verb}, ${event.elapsedSeconds} s`;
    case 'complete':
      return `${name}: done ${verb}`;
    case 'errored':
      return `${name}: failed while ${verb}`;
    default:
      return undefined;
  }
}

/** The same for a line that `terraform plan` prints on its way; undefined for all others. */
export function describePlanLine(line: string, primaryRegion: string): string | undefined {
  const found = /^(module\.\S+): Refreshing state\.\.\./.exec(line);
  return found?.[1] === undefined ? undefined : `${nameOfAddress(found[1], primaryRegion)}: looking at AWS`;
}
