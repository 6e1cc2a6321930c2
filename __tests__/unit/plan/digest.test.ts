import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { canonicalPlan } from '../../../src/plan/canonical.js';
import { digestPlan, digestRecovery } from '../../../src/plan/digest.js';
import { buildPlanModel } from '../../../src/plan/model.js';
import { goldenPlan, modelOf, primaryChange, primaryValues, replicaChange, type Json } from './raw-plan.js';
import { runs } from '../../support/runs.js';

const digest = (plan: Json): string => digestPlan(buildPlanModel(plan));
const copy = (plan: Json): Json => structuredClone(plan);

/** `plan.resource_changes[index].change`. */
function changeAt(plan: Json, index: number): Json {
  return (plan['resource_changes'] as Json[])[index]?.['change'] as Json;
}

describe('the digest', () => {
  test('has its form', () => {
    expect(digest(goldenPlan('first-creation'))).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('is the one it was in earlier versions', () => {
    const model = modelOf([
      primaryChange({
        actions: ['update'],
        before: primaryValues(),
        after: primaryValues({ description: 'B' }),
      }),
      replicaChange({
        actions: ['create'],
        after: { tags: { a: 'b' } },
        unknown: { arn: true, policy: true },
      }),
    ]);
    expect(digestPlan(model)).toBe('sha256:4982e059a2fa3404781897a0d746557a5f93d844fd012bacdd57b92f2c14879a');
  });

  test('does not depend on when the plan was made, by which version, or what was read on the way', () => {
    const plan = goldenPlan('account-added');
    const other = {
      ...plan,
      timestamp: '2030-01-01T00:00:00Z',
      terraform_version: '1.16.1',
      format_version: '1.9',
    };
    expect(digest({ ...other, prior_state: {}, relevant_attributes: [], variables: {} })).toBe(digest(plan));
  });

  test('leaves out what stays as it is, and drift that changes nothing that is done', () => {
    const plan = goldenPlan('drift-description');
    expect(digest({ ...plan, resource_drift: [] })).toBe(digest(plan));
  });

  test('is that of nothing for every plan without changes', () => {
    expect(digest(goldenPlan('no-change'))).toBe(digest({ format_version: '1.2' }));
  });

  test('counts sensitive values without holding them', () => {
    const plan = (secret: string): Json => {
      const changed = copy(goldenPlan('account-added'));
      Object.assign(changeAt(changed, 1), { after_sensitive: { description: true } });
      (changeAt(changed, 1)['after'] as Json)['description'] = secret;
      return changed;
    };
    expect(digest(plan('hunter2'))).not.toBe(digest(plan('hunter3')));
    expect(canonicalPlan(buildPlanModel(plan('hunter2')))).not.toContain('hunter2');
  });

  test('is another for every fixture', () => {
    const names = [
      'first-creation',
      'region-added',
      'region-removed',
      'account-added',
      'account-removed',
      'rotation-off',
    ];
    const more = [
      'custom-policy',
      'alias-renamed',
      'tags-changed',
      'destroy',
      'import',
      'tainted-replica',
      'ten-regions',
    ];
    const digests = [...names, ...more].map((name) => digest(goldenPlan(name)));
    expect(new Set(digests).size).toBe(digests.length);
  });

  test.each<[string, (change: Json, resource: Json) => void]>([
    ['the action', (change) => (change['actions'] = ['delete', 'create'])],
    ['the order of delete and create: no', () => undefined],
    ['the address', (_, resource) => (resource['address'] = 'module.primary.aws_kms_key.that')],
    ['the reason', (_, resource) => (resource['action_reason'] = 'replace_because_tainted')],
    ['an import', (change) => (change['importing'] = { id: 'mrk-1' })],
    ['a move', (_, resource) => (resource['previous_address'] = 'aws_kms_key.old')],
    ['what is unknown', (change) => (change['after_unknown'] = { description: true })],
    ['the value before', (change) => ((change['before'] as Json)['description'] = 'another')],
  ])('differs by %s', (what, mutate) => {
    const plan = copy(goldenPlan('account-added'));
    const resource = (plan['resource_changes'] as Json[]).find(({ type }) => type === 'aws_kms_key') as Json;
    mutate(resource['change'] as Json, resource);
    if (what.endsWith(': no')) expect(digest(plan)).toBe(digest(goldenPlan('account-added')));
    else expect(digest(plan)).not.toBe(digest(goldenPlan('account-added')));
  });

  test('holds no secret value of before, either', () => {
    const model = modelOf([
      primaryChange({
        actions: ['delete'],
        before: primaryValues({ description: 'hunter2' }),
        change: { before_sensitive: { description: true } },
      }),
    ]);
    expect(canonicalPlan(model)).not.toContain('hunter2');
  });

  test('is the same whether nothing is written as null or left out, and for unknown parts in any order', () => {
    const created = (after: Json, unknown: Json): string =>
      digestPlan(modelOf([replicaChange({ actions: ['create'], after, unknown })]));
    const one = created({ description: 'A', tags: null }, { arn: true, key_id: true });
    expect(created({ description: 'A' }, { key_id: true, arn: true, tags: false })).toBe(one);
    expect(created({ description: 'A' }, { key_id: true })).not.toBe(one);
  });

  test('differs by the value of an output that changes, and by whether it is known', () => {
    const output_changes = { key_id: { actions: ['update'] } };
    const outputs = [{ key_id: { value: 'a' } }, { key_id: { value: 'b' } }, {}];
    const plans = outputs.map((each) => modelOf([], { output_changes, planned_values: { outputs: each } }));
    expect(new Set([...plans, modelOf([])].map(digestPlan)).size).toBe(4);
  });

  test('differs by what is not understood, in whichever order it is told', () => {
    const [a, b] = ['a', 'b'].map((name) => ({ address: { to_display: name }, status: 'fail' }));
    const failing = (...checks: unknown[]): string => digestPlan(modelOf([], { checks }));
    expect(failing(a, b)).toBe(failing(b, a));
    expect(new Set([failing(a, b), failing(a), failing()]).size).toBe(3);
  });

  test('differs by the Region of what has no ARN yet', () => {
    const text = JSON.stringify(goldenPlan('first-creation'));
    const plan = JSON.parse(
      text.replaceAll('"constant_value":"ap-southeast-3"', '"constant_value":"eu-west-1"'),
    ) as Json;
    expect(digest(plan)).not.toBe(digest(goldenPlan('first-creation')));
  });
});

/** A change of one leaf of one side of one resource, as data: equal data, equal change. */
interface Mutation {
  readonly resource: number;
  readonly side: 'before' | 'after';
  readonly leaf: number;
  readonly by: string;
}

/** Paths to every leaf, through policies, too. */
function leavesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

function mutateLeaf(value: unknown, by: string): unknown {
  if (typeof value === 'boolean') return by.length % 2 === 0 ? !value : `${String(value)}${by}`;
  if (typeof value === 'number') return value + 1 + by.length;
  return typeof value === 'string' ? `${value}${by}` : by;
}

/** Applies it; gives the place and the new value, by which equal mutations are known. */
function mutate(plan: Json, { resource, side, leaf, by }: Mutation): string {
  const changes = (plan['resource_changes'] as Json[]).map((each) => each['change'] as Json);
  const planned = changes.filter(({ actions }) => String(actions) !== 'no-op');
  const index = resource % planned.length;
  const change = planned[index] as Json;
  const values = (change[side] ?? change['after'] ?? change['before']) as Json;
  const policy = typeof values['policy'] === 'string' ? (JSON.parse(values['policy']) as Json) : undefined;
  const open = policy === undefined ? values : { ...values, policy };
  const leaves = leavesOf(open);
  const path = leaves[leaf % leaves.length] ?? [];
  const parent = path.slice(0, -1).reduce<Json>((at, name) => at[name] as Json, open);
  const name = path.at(-1) ?? '';
  parent[name] = mutateLeaf(parent[name], by);
  Object.assign(values, open, policy === undefined ? {} : { policy: JSON.stringify(policy) });
  return JSON.stringify([index, values === change['after'] ? 'after' : 'before', path, parent[name]]);
}

const mutations = fc.record<Mutation>({
  resource: fc.nat(),
  side: fc.constantFrom('before', 'after'),
  leaf: fc.nat(),
  // The names of actions are the same in capitals.
  by: fc.string({ minLength: 1, maxLength: 8 }).map((text) => `~${text.toLowerCase()}`),
});

/** The same plan in other words: members, resources, statements and sets of policies in another order and form. */
function rewrite(plan: Json, random: () => number): Json {
  const changes = (plan['resource_changes'] as Json[]).map((resource) => {
    const change = resource['change'] as Json;
    const side = (values: unknown): unknown => {
      const { policy, ...rest } = (values ?? {}) as Json;
      if (typeof policy !== 'string') return values;
      return { policy: rewritePolicy(policy, random), ...rest };
    };
    return shuffleMembers(
      {
        ...resource,
        change: shuffleMembers(
          { ...change, before: side(change['before']), after: side(change['after']) },
          random,
        ),
      },
      random,
    );
  });
  return shuffleMembers(
    { ...plan, resource_changes: shuffle(changes, random), timestamp: String(random()) },
    random,
  );
}

function rewritePolicy(text: string, random: () => number): string {
  const { Statement: statements, ...rest } = JSON.parse(text) as { Statement: Json[] };
  const reset = (value: unknown): unknown => {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const mixed = shuffle(list, random);
    return mixed.length === 1 && random() < 0.5 ? mixed[0] : mixed;
  };
  const rewritten = statements.map((statement) => {
    const { Action, Principal, ...others } = statement;
    const { AWS } = Principal as Json;
    const ids = (Array.isArray(AWS) ? AWS : [AWS]).map((arn: string) =>
      random() < 0.5 ? arn.replace(/^arn:aws:iam::(\d{12}):root$/, '$1') : arn,
    );
    return shuffleMembers({ ...others, Action: reset(Action), Principal: { AWS: reset(ids) } }, random);
  });
  return JSON.stringify(
    shuffleMembers({ ...rest, Statement: reset(rewritten) }, random),
    undefined,
    random() < 0.5 ? 2 : 0,
  );
}

function shuffle<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((entry) => ({ entry, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
}

function shuffleMembers(object: object, random: () => number): Json {
  return Object.fromEntries(shuffle(Object.entries(object), random));
}

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each([
  'account-added',
  'first-creation',
  'region-added',
  'rotation-off',
  'tags-changed',
  'alias-renamed',
  'destroy',
])('every single value of the plan %s counts, on both sides of every change', (name) => {
  const plan = goldenPlan(name);
  const planned = (of: Json): Json[] =>
    (of['resource_changes'] as Json[])
      .map((each) => each['change'] as Json)
      .filter(({ actions }) => String(actions) !== 'no-op');
  const seen = new Map([[digest(plan), 'nothing']]);
  for (const [resource, change] of planned(plan).entries()) {
    for (const side of ['before', 'after'] as const) {
      const values = change[side] as Json | null;
      if (values === null) continue;
      const policy = typeof values['policy'] === 'string' ? (JSON.parse(values['policy']) as Json) : {};
      const leaves = leavesOf({ ...values, policy }).length;
      for (let leaf = 0; leaf < leaves; leaf += 1) {
        const changed = copy(plan);
        const what = mutate(changed, { resource, side, leaf, by: '~' });
        const found = digest(changed);
        expect([what, seen.get(found) ?? what]).toEqual([what, what]);
        seen.set(found, what);
      }
    }
  }
  expect(seen.size).toBeGreaterThan(20);
});

describe.each(['account-added', 'first-creation', 'destroy'])(
  'over generated changes of the plan %s',
  (name) => {
    const RUNS = runs(400).numRuns;
    const FORMS = runs(150).numRuns;
    const plan = goldenPlan(name);
    const original = digest(plan);

    test(`each of ${RUNS} single changes has a digest of its own, in every order and form of the plan`, () => {
      const seen = new Map([[original, 'nothing']]);
      fc.assert(
        fc.property(mutations, fc.integer(), (mutation, seed) => {
          const changed = copy(plan);
          const what = mutate(changed, mutation);
          const found = digest(changed);
          expect(seen.get(found) ?? what).toBe(what);
          seen.set(found, what);
          // A policy whose elements are mutated into another type is no policy, and has only one form.
          const random = randomFrom(seed);
          expect(digest(shuffleMembers({ ...changed, timestamp: String(random()) }, random))).toBe(found);
        }),
        { numRuns: RUNS },
      );
      expect(seen.size).toBeGreaterThan(RUNS / 2);
    });

    test(`${FORMS} ways to write the same plan have the same digest`, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          expect(digest(rewrite(plan, randomFrom(seed)))).toBe(original);
        }),
        { numRuns: FORMS },
      );
    });
  },
);

describe('the digest of a plan whose apply first cancels deletions', () => {
  const PLAN = `sha256:${'1'.repeat(64)}`;
  const key = fc.record({
    region: fc.constantFrom('ap-southeast-2', 'ap-southeast-3', 'eu-west-1', 'eu-west-1 mrk-a'),
    keyId: fc.constantFrom('mrk-a', 'mrk-b', 'mrk-a mrk-b', ''),
  });
  const identify = ({ region, keyId }: { region: string; keyId: string }): string =>
    JSON.stringify([region, keyId]);
  const keys = fc.uniqueArray(key, { selector: identify, maxLength: 4 });
  test('is another for every other set of keys, and the same for one set in any order', () => {
    fc.assert(
      fc.property(keys, keys, (one, two) => {
        const sorted = (all: typeof one): string[] => all.map(identify).sort();
        const isSameSet = JSON.stringify(sorted(one)) === JSON.stringify(sorted(two));
        expect(digestRecovery(PLAN, one) === digestRecovery(PLAN, two)).toBe(isSameSet);
        expect(digestRecovery(PLAN, [...one].reverse())).toBe(digestRecovery(PLAN, one));
      }),
    );
  });

  test('is another than that of the plan alone, and for every other plan', () => {
    fc.assert(
      fc.property(keys, (some) => {
        const digest = digestRecovery(PLAN, some);
        expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(digest).not.toBe(PLAN);
        expect(digestRecovery(`sha256:${'2'.repeat(64)}`, some)).not.toBe(digest);
      }),
    );
  });
});
