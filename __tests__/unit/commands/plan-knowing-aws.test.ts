import { describe, expect, test } from '@jest/globals';
import type { ResourceChange } from '../../../src/plan/types.js';
import { placesOf } from '../../../src/commands/plan/plan-knowing-aws.js';

const ID = `mrk-${'0'.repeat(32)}`;
const arn = (region: string): string => `arn:aws:kms:${region}:999900001111:key/${ID}`;

function change(kind: ResourceChange['kind'], region: string, rest: Partial<ResourceChange>): ResourceChange {
  return { kind, region, ...rest } as ResourceChange;
}

const primary = change('primary', 'ap-southeast-1', { action: 'no-op', before: { key_id: ID } });
const replica = (region: string, rest: Partial<ResourceChange>): ResourceChange =>
  change('replica', region, rest);

describe('the places where a key may be that a plan would make', () => {
  test('are none on a first creation, when no key has an id yet', () => {
    const made = change('primary', 'ap-southeast-1', { action: 'create', before: null });
    expect(placesOf({ resources: [made, replica('us-east-1', { action: 'create' })], drift: [] })).toEqual({
      missing: [],
      created: [],
    });
  });

  test('are the Regions of new replicas of a primary that is there, and of no others', () => {
    const resources = [
      primary,
      replica('us-east-1', { action: 'create' }),
      replica('eu-west-1', { action: 'no-op' }),
      replica('eu-west-2', { action: 'delete' }),
      change('alias', 'us-west-2', { action: 'create' }),
    ];
    expect(placesOf({ resources, drift: [] })).toEqual({
      missing: [],
      created: [{ region: 'us-east-1', keyId: ID }],
    });
  });

  test('are those of keys that the refresh missed, each told once', () => {
    const missing = { action: 'delete', before: { key_id: ID, arn: arn('us-east-1') } } as const;
    const places = placesOf({
      resources: [primary, replica('us-east-1', { action: 'create' })],
      drift: [
        replica('us-east-1', missing),
        replica('eu-west-1', { action: 'update', before: missing.before }),
      ],
    });
    expect(places).toEqual({ missing: [{ region: 'us-east-1', keyId: ID }], created: [] });
  });
});
