import { DAY_MS } from '../../clock.js';
import { generateSymmetricMaterial } from './material.js';
import { isPrimary, type Alias, type Key, type KeyFamily } from './model.js';

/** Everything that KMS keeps, by Region; and what time does to it. */
export class KeyStore {
  readonly #families = new Set<KeyFamily>();
  /** Region → `ACCOUNT/alias/NAME` → alias. */
  readonly #aliases = new Map<string, Map<string, Alias>>();

  /** Adds a key to its family, and the family to the store. */
  add(key: Key): void {
    this.#families.add(key.family);
    key.family.members.set(key.region, key);
  }

  /** The key of that id in a Region, whatever other Regions hold. */
  find(account: string, region: string, id: string): Key | undefined {
    for (const family of this.#families) {
      if (family.id === id && family.account === account) return family.members.get(region);
    }
    return undefined;
  }

  /** The key of that id in a Region, of whichever account: what a ciphertext names. */
  findById(region: string, id: string): Key | undefined {
    return this.keysIn(region).find((key) => key.family.id === id);
  }

  /** All keys of a Region in the order of their ids, which is the order that paging needs. */
  keysIn(region: string, account?: string): Key[] {
    return [...this.#families]
      .filter((family) => account === undefined || family.account === account)
      .flatMap((family) => family.members.get(region) ?? [])
      .sort((one, other) => (one.family.id < other.family.id ? -1 : 1));
  }

  /** The Regions that hold a key now. */
  regions(): string[] {
    return [...new Set([...this.#families].flatMap((family) => [...family.members.keys()]))].sort();
  }

  findAlias(account: string, region: string, name: string): Alias | undefined {
    return this.#aliases.get(region)?.get(`${account}/${name}`);
  }

  addAlias(account: string, region: string, alias: Alias): void {
    const aliases = this.#aliases.get(region) ?? new Map<string, Alias>();
    this.#aliases.set(region, aliases.set(`${account}/${alias.name}`, alias));
  }

  removeAlias(account: string, region: string, name: string): void {
    this.#aliases.get(region)?.delete(`${account}/${name}`);
  }

  /** An account's aliases in a Region, by name. */
  aliasesIn(account: string, region: string): Alias[] {
    return [...(this.#aliases.get(region) ?? new Map<string, Alias>())]
      .filter(([id]) => id.startsWith(`${account}/`))
      .map(([, alias]) => alias)
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /**
   * Lets happen what is due: keys whose waiting period is over go, a primary's own period starts at the moment when
   * its last replica went, and automatic rotation makes new material.
   * @param now milliseconds since the epoch
   */
  settle(now: number): void {
    let due = this.#nextDeletion(now);
    while (due !== undefined) {
      this.#remove(due.key, due.at);
      due = this.#nextDeletion(now);
    }
    for (const family of this.#families) rotateWhenDue(family, now);
  }

  #nextDeletion(now: number): { key: Key; at: number } | undefined {
    let next: { key: Key; at: number } | undefined;
    for (const family of this.#families) {
      for (const key of family.members.values()) {
        const at = key.deletion?.at;
        if (at !== undefined && at <= now && (next === undefined || at < next.at)) next = { key, at };
      }
    }
    return next;
  }

  #remove(key: Key, at: number): void {
    const { family, region } = key;
    family.members.delete(region);
    for (const alias of this.aliasesIn(family.account, region)) {
      if (alias.targetId === family.id) this.removeAlias(family.account, region, alias.name);
    }
    if (family.members.size === 0) this.#families.delete(family);
    startWindowOfLastPrimary(family, at);
  }
}

function startWindowOfLastPrimary(family: KeyFamily, at: number): void {
  const [last] = family.members.values();
  if (family.members.size !== 1 || last === undefined || !isPrimary(last)) return;
  if (last.deletion === undefined || last.deletion.at !== undefined) return;
  const { windowInDays } = last.deletion;
  last.deletion = { windowInDays, at: at + windowInDays * DAY_MS };
}

/** A key that is disabled or pending deletion is not rotated ("How key rotation works" in KMS's developer guide). */
function rotateWhenDue(family: KeyFamily, now: number): void {
  const { rotation } = family;
  const primary = family.members.get(family.primaryRegion);
  if (primary?.enabled !== true || primary.deletion !== undefined) return;
  while (rotation.enabled && rotation.nextAt <= now) rotate(family, rotation.nextAt);
}

function rotate(family: KeyFamily, at: number): void {
  const { materials, rotation } = family;
  const material = generateSymmetricMaterial();
  materials.push(material);
  rotation.history.push({ materialId: material.id, at, type: 'AUTOMATIC' });
  rotation.nextAt = at + rotation.periodInDays * DAY_MS;
}

/** A primary that is enabled again is rotated at once when its date has passed, and only once. */
export function catchUpRotation(family: KeyFamily, now: number): void {
  if (family.rotation.enabled && family.rotation.nextAt <= now) rotate(family, now);
}
