import { uniqueIdOf } from '../principal.js';
import { keyArn } from './lookup.js';
import type { Key } from './model.js';
import { namesPrincipal, renamePrincipal } from './stored-policy.js';
import type { KmsWorld } from './world.js';

/**
 * Deletes a role or a user: policies that name it show its unique id from now on, and new ones can't name it.
 * @param arn `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME` or `…:user/…`
 * @returns the unique id, `AROA…` or `AIDA…`
 */
export function deletePrincipal(world: KmsWorld, arn: string): string {
  const uniqueId = uniqueIdOf(arn);
  world.settings.missingPrincipals.add(arn);
  for (const region of world.store.regions()) {
    for (const key of world.store.keysIn(region)) {
      if (namesPrincipal(key.policy, arn)) key.policy = renamePrincipal(key.policy, arn, uniqueId);
    }
  }
  return uniqueId;
}

/** Makes a role or a user of that name: new policies can name it, and those that named the old one still do not. */
export function createPrincipal(world: KmsWorld, arn: string): void {
  world.settings.missingPrincipals.delete(arn);
}

/**
 * Puts tags on a key as others do: auto-taggers, backup, cost allocation. Keys that begin with `aws:` are allowed.
 * @param id the key's id
 * @throws Error when there is no such key in the Region
 */
export function tagKey(
  world: KmsWorld,
  place: { readonly region: string; readonly id: string },
  tags: Readonly<Record<string, string>>,
): void {
  const key = requireKey(world, place);
  for (const [name, value] of Object.entries(tags)) key.tags.set(name, value);
}

function requireKey(world: KmsWorld, { region, id }: { region: string; id: string }): Key {
  world.store.settle(world.clock.now());
  const key = world.store.findById(region, id);
  if (key === undefined) throw new Error(`There is no key ${keyArn('*', region, id)}.`);
  return key;
}
