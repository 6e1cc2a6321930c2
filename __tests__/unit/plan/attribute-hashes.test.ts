import { describe, expect, test } from 'vitest';
import { findDifferentAttributes, hashAttributes } from '../../../src/plan/attribute-hashes.js';
import type { PlanModel } from '../../../src/plan/types.js';
import { goldenModel, modelOf, replicaChange } from './raw-plan.js';

const REGIONS = ['ap-southeast-2', 'ap-southeast-3'];

function planned(after: Record<string, unknown>, more: object = {}): PlanModel {
  return modelOf(REGIONS.map((region) => replicaChange({ actions: ['create'], after, ...more }, region)));
}

const differ = (one: PlanModel, other: PlanModel): unknown =>
  findDifferentAttributes(hashAttributes(one), other);

describe('the attributes of two plans', () => {
  test('are the same for the same plan', () => {
    for (const name of ['first-creation', 'account-added', 'alias-renamed', 'import']) {
      expect(differ(goldenModel(name), goldenModel(name))).toEqual([]);
    }
  });

  test('are named where they differ, by the member of the map, with what is planned now', () => {
    const tags = { team: 'keys', commit: '1a1a1a1' };
    expect(
      differ(
        planned({ description: 'a', tags, tags_all: tags }),
        planned({ description: 'a', tags: { ...tags, commit: '2b2b2b2' } }),
      ),
    ).toEqual([{ name: 'tags.commit', now: ['2b2b2b2'] }]);
    expect(
      differ(planned({ description: 'a', tags }), planned({ description: 'b', tags: { ...tags, run: 7 } })),
    ).toEqual([
      { name: 'description', now: ['b'] },
      { name: 'tags.run', now: ['7'] },
    ]);
  });

  test('are named without a value that is long, no text, or gone', () => {
    expect(
      differ(
        planned({ policy: '{}', description: 'a', tags: { a: '1', b: '2' } }),
        planned({ policy: '{"x":1}', description: 'b'.repeat(81), tags: { a: '1' } }),
      ),
    ).toEqual([
      { name: 'description', now: [] },
      { name: 'policy', now: [] },
      { name: 'tags.b', now: [] },
    ]);
  });

  test('leave out what is sensitive or not known yet, and what only one of the plans has', () => {
    const sensitive = { change: { after_sensitive: { description: true } } };
    expect(
      differ(planned({ description: 'a' }, sensitive), planned({ description: 'b' }, sensitive)),
    ).toEqual([]);
    expect(Object.keys(hashAttributes(planned({ arn: null }, { unknown: { arn: true } })))).not.toContain(
      'arn',
    );
    expect(differ(planned({ description: 'a' }), planned({ enabled: true }))).toEqual([]);
  });

  test('are short, however many Regions there are: no value can be found by its hash', () => {
    const hashes = hashAttributes(planned({ description: 'a', tags: { team: 'keys' } }));
    expect(hashes).toEqual({
      description: [expect.stringMatching(/^[0-9a-f]{8}$/)],
      'tags.team': [expect.stringMatching(/^[0-9a-f]{8}$/)],
    });
  });
});
