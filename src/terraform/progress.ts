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
