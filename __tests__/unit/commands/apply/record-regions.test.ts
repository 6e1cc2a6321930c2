import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PhasedTerraform } from '../../../../src/commands/setup/phased-terraform.js';
import { recordRegions } from '../../../../src/commands/apply/record-regions.js';

/** A Terraform whose refresh-only plan is a golden one; gives what it was asked for, in order. */
function fake(plan: string): { terraform: PhasedTerraform; asked: string[] } {
  const asked: string[] = [];
  const terraform = {
    phase: (_: string, work: (phase: object) => Promise<unknown>) => work({ say: () => undefined }),
    plan: (options: object) => {
      asked.push(`plan ${JSON.stringify(options)}`);
      return Promise.resolve('');
    },
    showPlan: () =>
      Promise.resolve(JSON.parse(readFileSync(`__tests__/golden/plans/${plan}.json`, 'utf8')) as unknown),
    apply: () => {
      asked.push('apply');
      return Promise.resolve({ outputs: {} });
    },
  } as unknown as PhasedTerraform;
  return { terraform, asked };
}

test('the Regions come into the state by a refresh alone, planned and then applied', async () => {
  const { terraform, asked } = fake('no-change');
  await recordRegions({ terraform });
  expect(asked).toEqual(['plan {"refreshOnly":true}', 'apply']);
});

test.each(['drift-primary-pending', 'drift-replica-pending'])(
  'a refresh that would take a key out of the state is not applied: %s',
  async (plan) => {
    const { terraform, asked } = fake(plan);
    await expect(recordRegions({ terraform })).rejects.toThrow('would take keys out of the state');
    expect(asked).toEqual(['plan {"refreshOnly":true}']);
  },
);
