/** What the keys cost per month, before and after. */

import { partitionOf } from '../facts/regions.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { formatCount, link } from './markdown.js';
import { countOf } from './vocabulary.js';

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
  const keys = model.resources.filter(({ kind }) => kind === 'primary' || kind === 'replica');
  return {
    before: keys.filter((key) => key.before !== null || key.importing !== undefined).length,
    after: keys.filter(staysAfter).length,
    rotates: keys.some((key) => key.kind === 'primary' && key.after?.['enable_key_rotation'] === true),
    priced: keys.every(({ region }) => region !== undefined && partitionOf(region) === 'aws'),
  };
}

function dollars(keys: number): string {
  return `US$${formatCount(keys * PRICE_PER_KEY)}`;
}

function footnotes(billed: BilledKeys): string {
  const parts = [
    billed.priced
      ? `${dollars(1)} a month for each key in each Region; API requests are billed separately.`
      : 'Each key in each Region is billed, and API requests separately. This partition has a price list of its own.',
    ...(billed.rotates ? ['The first two rotations each add US$1 a month; later ones are free.'] : []),
    ...(billed.after < billed.before ? ['A key that is scheduled for deletion is not billed.'] : []),
  ];
  return `<sub>${parts.join(' ')} ${link('KMS pricing', PRICING_PAGE)}</sub>`;
}

/** The cost per month before and after, as Markdown; one line and its footnote. */
export function renderCost(model: PlanModel): string {
  const billed = countBilledKeys(model);
  const amount = (keys: number): string => (billed.priced ? dollars(keys) : countOf(keys, 'key'));
  const change = billed.before === billed.after ? '' : `${amount(billed.before)} → `;
  const keys = billed.priced && billed.after > 0 ? ` for ${countOf(billed.after, 'key')}` : '';
  const before = billed.before === billed.after ? ', as before' : '';
  return `**Cost per month** · ${change}**${amount(billed.after)}**${keys}${before}<br>${footnotes(billed)}`;
}
