import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import { ActionError } from '../../../src/errors.js';
import { namingClosedRegions } from '../../../src/commands/plan/closed-regions.js';
import { TerraformError } from '../../../src/terraform/run.js';
import { read } from '../../support/inputs.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';

/** What the provider says in such a Region, without its name. */
const REFUSED = new TerraformError('plan', 1, [
  {
    summary: 'Retrieving AWS account details',
    detail: 'api error InvalidClientTokenId: The security token included in the request is invalid.',
    address: undefined,
  },
]);

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startForAction();
});
afterEach(async () => {
  await stopForAction(emulator);
});

/** What a plan's failure becomes with the article's three Regions, some of them not enabled for the account. */
async function explain(thrown: unknown, ...closed: string[]): Promise<unknown> {
  closed.forEach((region) => emulator.disabledRegions.add(region));
  return namingClosedRegions(
    read(),
    await clientsOf(emulator),
    'Nothing was changed.',
  )(thrown).catch((failure: unknown) => failure);
}

describe('a plan that failed because AWS does not know the credentials', () => {
  test('names each Region that does not take them, at once, with the commands that enable it', async () => {
    const failure = await explain(REFUSED, 'ap-southeast-3', 'ap-southeast-2');
    expect(failure).toBeInstanceOf(ActionError);
    expect((failure as ActionError).message).toBe(
      'AWS does not accept these credentials in ap-southeast-2, ap-southeast-3: not enabled for the account, or still being enabled. Nothing was changed. Enable what is missing (`aws account enable-region --region-name ap-southeast-2`, `aws account enable-region --region-name ap-southeast-3`; it takes some minutes) or take it out of the inputs, and run again.',
    );
    expect((failure as ActionError).cause).toBe(REFUSED);
  });

  test('stays what it was where every Region takes them, or none does', async () => {
    expect(await explain(REFUSED)).toBe(REFUSED);
    expect(await explain(REFUSED, 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3')).toBe(REFUSED);
  });
});

test('no Region is asked about any other failure', async () => {
  const other = new TerraformError('plan', 1, [
    { summary: 'AccessDeniedException', detail: '', address: undefined },
  ]);
  expect(await explain(other, 'ap-southeast-3')).toBe(other);
  const defect = new Error('InvalidClientTokenId');
  expect(await explain(defect, 'ap-southeast-3')).toBe(defect);
  expect(emulator.calls.all).toEqual([]);
});
