import { describe, expect, test } from 'vitest';
import { countBilledKeys, renderCost } from '../../../src/report/cost.js';
import { attributesInWords, regionInWords } from '../../../src/report/changes.js';
import { drawKeys } from '../../../src/report/mermaid.js';
import { describeVerdict } from '../../../src/report/verdict.js';
import { actionsInWords, placeOf, principalInWords } from '../../../src/report/vocabulary.js';
import {
  absent,
  ALIAS,
  attribute,
  finding,
  KEY_ID,
  plan,
  REGIONS,
  report,
  resource,
  row,
  sensitive,
  unknown,
  value,
} from '../../support/plan-builder.js';
import { CASES, THIRTY_REGIONS } from '../../support/report-cases.js';

const [PRIMARY, SYDNEY, JAKARTA] = REGIONS;

describe('a principal', () => {
  test.each([
    ['*', '**Everyone** (`*`)'],
    ['arn:aws:iam::111122223333:root', '**Account** `111122223333`'],
    ['arn:aws:iam::999900001111:root', '**Account** `999900001111` (this\u00A0account)'],
    ['arn:aws-cn:iam::012345678901:root', '**Account** `012345678901`'],
    ['arn:aws:iam::111122223333:role/a/b', '**Role** `a/b`<br>of account `111122223333`'],
    ['arn:aws:iam::999900001111:user/ann', '**User** `ann`<br>of account `999900001111` (this\u00A0account)'],
    ['Service: logs.amazonaws.com', '**AWS service** `logs.amazonaws.com`'],
    ['Federated: accounts.google.com', '**Identity provider** `accounts.google.com`'],
    ['arn:aws:sts::111122223333:assumed-role/x/y', '`arn:aws:sts::111122223333:assumed-role/x/y`'],
    ['AIDAEXAMPLE', '`AIDAEXAMPLE`'],
  ])('%s is %s', (principal, words) => {
    expect(String(principalInWords(principal, '999900001111'))).toBe(words);
  });
});

describe('actions', () => {
  test('are named by what they are for, the strongest first', () => {
    const actions = [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:PutKeyPolicy',
      'kms:CreateGrant',
      'kms:ReEncrypt*',
    ];
    expect(String(actionsInWords(actions))).toBe(
      '**Manage** `PutKeyPolicy`<br>**Grant** `CreateGrant`<br>**Use** `Decrypt` `ReEncrypt*`<br>**Look up** `DescribeKey`',
    );
  });

  test.each(['kms:*', '*'])('%s is everything', (action) => {
    expect(String(actionsInWords([action]))).toBe(`**Everything** \`${action}\``);
  });
});

describe('what changes', () => {
  const phrases = (...attributes: Parameters<typeof attribute>[]): string[] =>
    attributesInWords(
      resource({
        region: PRIMARY,
        kind: 'primary',
        action: 'update',
        attributes: attributes.map((each) => attribute(...each)),
      }),
    ).map(String);

  test.each([
    ['enable_key_rotation', value(true), value(false), 'automatic rotation **off**'],
    ['enable_key_rotation', value(false), value(true), 'automatic rotation **on**'],
    ['is_enabled', value(true), value(false), 'key **off**'],
    ['policy', value('{}'), unknown, 'key policy (known after apply)'],
    ['policy', value('{}'), value('{"a":1}'), '**key policy**'],
    ['description', value('a|b'), value(''), 'description `a|b` → <em>empty</em>'],
    ['deletion_window_in_days', value(30), value(7), 'deletion window, in days, `30` → `7`'],
    [
      'key_material_base64',
      sensitive,
      sensitive,
      '`key_material_base64` sensitive, not shown → sensitive, not shown',
    ],
    ['tags', absent, value({ a: '1' }), 'tags: `a` = `1`'],
    ['tags', value({ a: '1', b: '2' }), value({ a: '3' }), 'tags: `a` `1` → `3`, `b` removed'],
    ['tags', value({ a: '1' }), sensitive, 'tags `{"a":"1"}` → sensitive, not shown'],
    ['toString', value(1), value(2), '`toString` `1` → `2`'],
  ] as const)('%s reads %#', (name, before, after, words) => {
    expect(phrases([name, before, after])).toEqual([words]);
  });

  test('names tags once, and an alias by one of its two targets', () => {
    const tags = [absent, value({ a: '1' })] as const;
    expect(phrases(['tags', ...tags], ['tags_all', ...tags])).toEqual(['tags: `a` = `1`']);
    expect(phrases(['tags_all', ...tags])).toEqual(['tags: `a` = `1`']);
  });

  test.each([
    [
      'a new key and its alias',
      row({ region: SYDNEY, key: { action: 'create' } }),
      ['key and alias **created**'],
    ],
    [
      'a key that goes',
      row({
        region: SYDNEY,
        key: { action: 'delete', attributes: [attribute('deletion_window_in_days', value(7), absent)] },
      }),
      ['key **scheduled for deletion**, waiting period 7 days', 'alias deleted'],
    ],
    [
      'a replacement with what forces it',
      row({
        region: SYDNEY,
        key: {
          action: 'replace',
          attributes: [
            attribute('arn', value('a'), unknown),
            attribute('key_usage', value('ENCRYPT_DECRYPT'), value('SIGN_VERIFY'), true),
          ],
        },
      }),
      ['key **deleted and created anew**: key usage `ENCRYPT_DECRYPT` → `SIGN_VERIFY`'],
    ],
    ['an import', row({ region: SYDNEY, key: { importing: KEY_ID } }), ['**imported**']],
    [
      'an import of another key than the one above the table',
      row({ region: SYDNEY, key: { importing: 'mrk-other' } }),
      ['**imported** (`mrk-other`)'],
    ],
    [
      'a key let go of',
      row({ region: SYDNEY, key: { action: 'forget' } }),
      ['key **forgotten**: it lives on, Terraform no longer knows it'],
    ],
    [
      'a moved address',
      row({ region: SYDNEY, key: { movedFrom: 'x.y' } }),
      ['new address in the state, the resource itself stays as it is'],
    ],
    [
      'an alias for another key',
      row({ region: SYDNEY, aliasChange: { action: 'update' } }),
      ['alias points to another key'],
    ],
    ['nothing', row({ region: SYDNEY }), []],
  ])('is said for %s', (_, region, words) => {
    expect(regionInWords(region).map(String)).toEqual(words);
  });
});

describe('the verdict', () => {
  test.each([
    ['first-creation', `${ALIAS}: a new multi-Region key in 3 Regions`],
    ['no-change', `${ALIAS}: no changes in 3 Regions`],
    ['region-added', `${ALIAS}: replica in ap-southeast-3 would be created`],
    ['region-removed', `${ALIAS}: refused, nothing was changed`],
    ['accounts-changed', `${ALIAS}: key policy would be changed in 3 Regions`],
    ['rotation-off', `${ALIAS}: rotation would be switched off in ap-southeast-1`],
    ['alias-renamed', 'alias/payments: alias would be renamed in 3 Regions'],
    ['drift', `${ALIAS}: 3 resources changed outside Terraform`],
    ['import', `${ALIAS}: primary and replica would be imported`],
    ['destroy', `${ALIAS}: primary and 2 replicas would be scheduled for deletion`],
    ['applied', `${ALIAS}: applied and verified, primary and 2 replicas created`],
    ['failed', `${ALIAS}: apply failed`],
    ['not-approved', `${ALIAS}: not approved, nothing was changed`],
  ])('on %s is: %s', (name, title) => {
    const makeInput = CASES[name];
    expect(makeInput === undefined ? undefined : describeVerdict(makeInput()).title).toBe(title);
  });

  test('warns on a plan that apply would refuse', () => {
    const input = report(plan([row({ region: PRIMARY, key: { action: 'delete' } })]), {
      findings: [finding({ severity: 'stop' })],
    });
    expect(describeVerdict(input)).toEqual({
      symbol: '⛔',
      title: `${ALIAS}: this plan would be refused`,
      detail:
        '1 reason below. Planned: primary in ap-southeast-1 would be scheduled for deletion. Nothing was changed.',
    });
  });

  test('does not say that nothing was changed where a key was brought back before the plan was refused', () => {
    const refused = CASES['not-approved']?.();
    const input = refused && { ...refused, broughtBack: ['eu-west-1', 'eu-north-1'] };
    expect(input && describeVerdict(input).title).toBe(
      `${ALIAS}: not approved, but brought back in eu-west-1 and eu-north-1`,
    );
  });

  test('does not call keys verified when a check failed', () => {
    const makeInput = CASES['applied'];
    const checks = [{ name: 'enabled', ok: false, detail: 'Disabled' }];
    const input =
      makeInput === undefined
        ? undefined
        : { ...makeInput(), verification: [{ region: PRIMARY, role: 'primary' as const, checks }] };
    expect(input === undefined ? undefined : describeVerdict(input).symbol).toBe('⚠️');
  });
});

describe('the cost', () => {
  test.each([
    ['created', { action: 'create' }, 0, 1],
    ['deleted', { action: 'delete' }, 1, 0],
    ['replaced', { action: 'replace' }, 1, 1],
    ['imported', { action: 'create', importing: KEY_ID }, 1, 1],
    ['forgotten', { action: 'forget' }, 1, 1],
    ['left alone', {}, 1, 1],
  ] as const)('of a key that is %s is counted before and after', (_, key, before, after) => {
    expect(countBilledKeys(plan([row({ region: PRIMARY, key })]))).toMatchObject({ before, after });
  });

  test('is in dollars where the price is known', () => {
    const model = plan([row({ region: PRIMARY }), row({ region: SYDNEY, key: { action: 'create' } })]);
    expect(String(renderCost(model))).toContain('US$1 → **US$2** for 2 keys<br>');
    expect(String(renderCost(model))).toContain(
      'The first two rotations each add US$1 a month; later ones are free.',
    );
  });

  test('is a count of keys in a partition whose prices are not known', () => {
    const rows = ['cn-north-1', 'cn-northwest-1'].map((region) => row({ region, key: { action: 'create' } }));
    expect(String(renderCost(plan(rows)))).toContain('0 keys → **2 keys**<br>');
    expect(String(renderCost(plan(rows)))).not.toContain('$');
  });

  test('does not speak of rotation where there is none, and of deletion where there is', () => {
    const model = plan([
      row({ region: PRIMARY, key: { rotation: false } }),
      row({ region: JAKARTA, key: { action: 'delete' } }),
    ]);
    expect(String(renderCost(model))).not.toContain('rotation');
    expect(String(renderCost(model))).toContain('scheduled for deletion is not billed');
  });
});

describe('the picture', () => {
  test('joins the primary to each replica, and marks what comes and what goes', () => {
    expect(
      drawKeys([row({ region: 'a\u3164\u202eb' })].map((each) => ({ ...each, role: 'primary' }))),
    ).toContain('"a_u3164_u202Eb<br>primary"');
    const source = drawKeys([
      row({ region: PRIMARY }),
      row({ region: SYDNEY, key: { action: 'create' } }),
      row({ region: JAKARTA, key: { action: 'delete' } }),
    ]);
    expect(source?.split('\n')).toEqual([
      'flowchart LR',
      '  primary["Singapore<br>ap-southeast-1<br>primary"]:::stays',
      '  replica1["Sydney<br>ap-southeast-2<br>replica, new"]:::comes',
      '  primary --- replica1',
      '  replica2["Jakarta<br>ap-southeast-3<br>replica, deleted"]:::goes',
      '  primary -.- replica2',
      '  classDef stays stroke-width:1px',
      '  classDef comes stroke:#2da44e,stroke-width:3px',
      '  classDef goes stroke:#cf222e,stroke-width:3px,stroke-dasharray:6 4',
    ]);
  });

  test('groups many replicas by their part of the world and names each of them', () => {
    const source = drawKeys(THIRTY_REGIONS.map((region) => row({ region, key: { action: 'create' } }))) ?? '';
    expect(source.match(/ --- /g)?.length).toBe(8);
    expect(THIRTY_REGIONS.filter((region) => !source.includes(region))).toEqual([]);
  });

  test('says how many Regions a box has no room for', () => {
    const many = Array.from({ length: 15 }, (_, index) =>
      row({ region: `eu-new-${index}`, role: 'replica' }),
    );
    expect(drawKeys([row({ region: PRIMARY }), ...many])).toContain('and 3 more<br>15 replicas');
  });

  test('has no label that could be read as Mermaid', () => {
    const source = drawKeys([
      row({ region: PRIMARY }),
      row({ region: '"]; click A "https://x" %%{init}%% #quot; <b>`\nend' }),
    ]);
    expect(source?.split('\n')[2]).toBe(
      '  replica1["___ click A _https:__x_ ___init___ _quot_ _b___…<br>replica"]:::stays',
    );
  });

  test('is not drawn without a primary', () => {
    expect(drawKeys([row({ region: SYDNEY })])).toBeUndefined();
  });
});

test.each([
  ['ap-southeast-1', 'Singapore'],
  ['me-west-1', 'Saudi Arabia'],
  ['sa-west-1', 'Chile'],
  ['ca-west-1', 'Calgary'],
  ['ca-central-1', 'Canada Central'],
  ['us-east-1', 'N. Virginia'],
  ['us-gov-west-1', 'AWS GovCloud US-West'],
  ['eusc-de-east-1', 'Germany'],
  ['us-iso-east-1', 'US ISO East'],
  ['xx-nowhere-1', undefined],
  ['constructor', undefined],
])('%s is %s to a reader', (region, place) => {
  expect(placeOf(region)).toBe(place);
});
