/** What the keys cost per month, before and after. */

import { partitionOf } from '../facts/regions.js';
import { isKey } from '../plan/model.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { join, link, mark, NOTHING, type Markdown } from './markdown.js';
import { counted } from './vocabulary.js';

/**
 * US dollars per key and month, for the primary and for each replica, whatever the key's spec; a key that is scheduled for
 * deletion costs nothing (https://aws.amazon.com/kms/pricing/, "Key storage").
 */
const PRICE_PER_KEY = 1;

const PRICING_PAGE = 'https://aws.amazon.com/kms/pricing/';

/** How many keys are billed before and after apply. */
export interface BilledKeys {
  readonly before: number;
  readonly after: number;
  readonly rotates: boolean;
  /** False outside the `aws` partition, whose prices are the only ones known here. */
  readonly priced: boolean;
}

function staysAfter(key: ResourceChange): boolean {
  // A forgotten key is no longer Terraform's, but AWS bills it all the same.
  return key.action === 'forget' || key.after !== null;
}

/** Counts the keys of a plan; an imported key was billed before. */
export function countBilledKeys(model: PlanModel): BilledKeys {
  const keys = model.resources.filter(isKey);
  return {
    before: keys.filter((key) => key.before !== null || key.importing !== undefined).length,
    after: keys.filter(staysAfter).length,
    rotates: keys.some((key) => key.kind === 'primary' && key.after?.['enable_key_rotation'] === true),
    priced: keys.every(({ region }) => region !== undefined && partitionOf(region) === 'aws'),
  };
}

function dollars(keys: number): Markdown {
  return mark`US$${keys * PRICE_PER_KEY}`;
}

function footnotes(billed: BilledKeys): Markdown {
  const parts = [
    billed.priced
      ? mark`${dollars(1)} a month for each key in each Region; API requests are billed separately.`
      : mark`Each key in each Region is billed, and API requests separately. This partition has a price list of its own.`,
    billed.rotates ? mark`The first two rotations each add US$1 a month; later ones are free.` : NOTHING,
    billed.after < billed.before ? mark`A key that is scheduled for deletion is not billed.` : NOTHING,
    link('KMS pricing', PRICING_PAGE),
  ];
  return mark`<sub>${join(parts, ' ')}</sub>`;
}

/** The cost per month before and after; one line and its footnote. */
export function renderCost(model: PlanModel): Markdown {
  const billed = countBilledKeys(model);
  const { before, after, priced } = billed;
  const amount = (keys: number): Markdown => (priced ? dollars(keys) : counted(keys, 'key'));
  const change = before === after ? NOTHING : mark`${amount(before)} → `;
  const keys = priced && after > 0 ? mark` for ${counted(after, 'key')}` : NOTHING;
  const same = before === after ? mark`, as before` : NOTHING;
  return mark`**Cost per month** · ${change}**${amount(after)}**${keys}${same}<br>${footnotes(billed)}`;
}
