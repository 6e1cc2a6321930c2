import type { ApplyEvent } from './events.js';
import { nameOfAddress } from './addresses.js';

const VERBS: ReadonlyMap<string, string> = new Map([
  ['create', 'creating'],
  ['update', 'updating'],
  ['delete', 'deleting'],
  ['replace', 'replacing'],
]);

/** One line for the log as a resource starts, waits or ends; undefined where there is nothing to say. */
export function describeEvent(event: ApplyEvent, primaryRegion: string): string | undefined {
  if (!('address' in event)) return undefined;
  const name = nameOfAddress(event.address, primaryRegion);
  const verb = VERBS.get(event.action) ?? event.action;
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
