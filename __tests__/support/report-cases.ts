/** The reports that have a golden file: what a team meets in the life of a key, and what an attacker would try. */

import type { Rule } from '../../src/guard/finding.js';
import type { PlanModel, RegionPlan } from '../../src/plan/types.js';
import { renderComment, renderSummary } from '../../src/report/comment.js';
import { renderMany } from '../../src/report/many/comment.js';
import { asItIs } from '../../src/report/markdown.js';
import { COMMENT_LIMIT, type ReportInput } from '../../src/report/types.js';
import {
  absent,
  access,
  ACCOUNT,
  ALIAS,
  aliasArn,
  attribute,
  finding,
  KEY_ID,
  NOW,
  keyArn,
  plan,
  planText,
  REGIONS,
  report,
  resource,
  rootOf,
  row,
  sensitive,
  unknown,
  value,
} from './plan-builder.js';
import type { LastUse } from '../../src/facts/kms-answers.js';

const same = (): RegionPlan[] => REGIONS.map((region) => row({ region }));
const [PRIMARY, SYDNEY, JAKARTA] = REGIONS;

const createdKey = {
  action: 'create',
  attributes: [
    attribute('arn', absent, unknown),
    attribute('deletion_window_in_days', absent, value(30)),
    attribute('description', absent, value('CMK for AWS CB Blog')),
    attribute('enable_key_rotation', absent, value(true)),
    attribute('multi_region', absent, value(true)),
  ],
} as const;

function firstCreation(regions: readonly string[] = REGIONS): ReportInput {
  const model = plan(regions.map((region) => row({ region, key: createdKey })));
  return report(model, {
    access: [
      access({ principal: rootOf(ACCOUNT), actions: ['kms:*'] }),
      access(),
      access({ principal: rootOf('444455556666') }),
    ],
  });
}

function regionAdded(): ReportInput {
  const model = plan([
    row({ region: PRIMARY }),
    row({ region: SYDNEY }),
    row({ region: JAKARTA, key: createdKey }),
  ]);
  return report(model, {
    access: [
      access({ principal: rootOf(ACCOUNT), actions: ['kms:*'], regions: [JAKARTA] }),
      access({ stranger: false, regions: [JAKARTA] }),
    ],
  });
}

function regionRemoved(): ReportInput {
  const gone = {
    action: 'delete',
    attributes: [
      attribute('arn', value(keyArn(JAKARTA)), absent),
      attribute('deletion_window_in_days', value(30), absent),
    ],
  } as const;
  const model = plan([
    row({ region: PRIMARY }),
    row({ region: SYDNEY }),
    row({ region: JAKARTA, key: gone }),
  ]);
  return report(model, {
    outcome: 'refused',
    access: [
      access({ direction: 'loses', principal: rootOf(ACCOUNT), actions: ['kms:*'], regions: [JAKARTA] }),
      access({ direction: 'loses', regions: [JAKARTA] }),
    ],
    findings: [
      finding({
        severity: 'stop',
        rule: 'key-deleted',
        region: JAKARTA,
        reason: 'The plan deletes the replica key in ap-southeast-3.',
        wayOut:
          'To keep it, put its Region back into the inputs. To delete it, set `allow-destroy: true` and `confirm-destroy` to the alias.',
      }),
    ],
  });
}

function policyUpdate(): PlanModel {
  const policy = attribute(
    'policy',
    value('{"Version":"2012-10-17"}'),
    value('{"Version":"2012-10-17","Id":"x"}'),
  );
  return plan(REGIONS.map((region) => row({ region, key: { action: 'update', attributes: [policy] } })));
}

function accountsChanged(): ReportInput {
  return report(policyUpdate(), {
    access: [
      access({ direction: 'loses', principal: rootOf('444455556666') }),
      access({ principal: rootOf('012345678901') }),
    ],
    findings: [
      finding({
        severity: 'notice',
        rule: 'account-let-in',
        region: undefined,
        reason:
          'The whole account 012345678901 gains access: its administrators decide which users and roles there have it.',
        wayOut: 'To let in less, name roles in `users` instead of accounts in `account-ids`.',
      }),
    ],
  });
}

function rotationOff(): ReportInput {
  const off = attribute('enable_key_rotation', value(true), value(false));
  const model = plan([
    row({ region: PRIMARY, key: { action: 'update', attributes: [off], rotation: false } }),
    row({ region: SYDNEY }),
    row({ region: JAKARTA }),
  ]);
  return report(model, { findings: [finding()] });
}

function policyFromFile(): ReportInput {
  return report(policyUpdate(), {
    access: [
      access({
        principal: `arn:aws:iam::${ACCOUNT}:role/platform/key-admins`,
        actions: [
          'kms:PutKeyPolicy',
          'kms:ScheduleKeyDeletion',
          'kms:TagResource',
          'kms:Describe*',
          'kms:List*',
        ],
      }),
      access({
        principal: 'Service: logs.ap-southeast-2.amazonaws.com',
        actions: ['kms:Decrypt', 'kms:Encrypt'],
        condition: `ArnLike kms:EncryptionContext:aws:logs:arn = arn:aws:logs:ap-southeast-2:${ACCOUNT}:*`,
        regions: [SYDNEY],
      }),
      access({ direction: 'loses', actions: ['kms:CreateGrant'] }),
      access({
        effect: 'Deny',
        principal: '*',
        actions: ['kms:DisableKey'],
        condition: 'Bool aws:MultiFactorAuthPresent = false',
      }),
    ],
  });
}

function aliasRenamed(): ReportInput {
  const renamed = {
    action: 'replace',
    attributes: [attribute('name', value(ALIAS), value('alias/payments'), true)],
  } as const;
  const model = plan(REGIONS.map((region) => row({ region, alias: 'alias/payments', aliasChange: renamed })));
  return report(model, {
    alias: 'alias/payments',
    commentKey: 'payments',
    findings: [
      finding({
        rule: 'alias-renamed',
        region: undefined,
        reason: `The name ${ALIAS} stops resolving in every Region.`,
        wayOut: 'Change whoever uses the old name first, or keep it.',
      }),
    ],
  });
}

function drift(): ReportInput {
  const model = plan(same(), {
    drift: [
      resource({
        region: PRIMARY,
        kind: 'primary',
        action: 'update',
        attributes: [
          attribute('description', value('CMK for AWS CB Blog'), value('do not touch')),
          attribute('policy', value('{}'), value('{"Statement":[]}')),
        ],
      }),
      resource({ region: JAKARTA, kind: 'replica', action: 'delete' }),
      resource({
        region: SYDNEY,
        kind: 'replica',
        action: 'update',
        attributes: [
          attribute('tags', value({ team: 'keys', stage: 'prod' }), value({ team: 'data', owner: 'ann' })),
        ],
      }),
    ],
  });
  return report(model, {
    command: 'drift',
    outcome: 'drifted',
    ignoredTags: ['CostCenter', 'auto-tag:*'],
    access: [
      access({
        principal: `arn:aws:iam::${ACCOUNT}:user/mallory`,
        actions: ['kms:Decrypt'],
        regions: [PRIMARY],
      }),
    ],
    keyStates: [
      { region: JAKARTA, keyId: KEY_ID, state: 'PendingDeletion', deletionDate: '2026-12-24T00:00:00Z' },
    ],
    hidden: { marker: '<!-- aws-kms-multi-region-key:comment-key=aws_cb_cmk -->' },
  });
}

function imported(): ReportInput {
  const model = plan([
    row({
      region: PRIMARY,
      key: { action: 'no-op', importing: KEY_ID },
      aliasChange: { action: 'no-op', importing: ALIAS },
    }),
    row({ region: SYDNEY, key: { movedFrom: 'aws_kms_replica_key.secondary' } }),
    row({
      region: JAKARTA,
      key: {
        action: 'update',
        importing: KEY_ID,
        attributes: [attribute('tags', absent, value({ team: 'keys' }))],
      },
    }),
  ]);
  return report(model);
}

function destroy(): ReportInput {
  const gone = {
    action: 'delete',
    windowInDays: 7,
    attributes: [attribute('deletion_window_in_days', value(7), absent)],
  } as const;
  const model = plan(
    REGIONS.map((region) => row({ region, key: gone })),
    { destroys: true },
  );
  return report(model, {
    command: 'plan',
    lastUse: LAST_USES,
    access: [
      access({ direction: 'loses', principal: rootOf(ACCOUNT), actions: ['kms:*'] }),
      access({ direction: 'loses' }),
    ],
    findings: [
      finding({
        rule: 'key-deleted',
        region: undefined,
        regions: REGIONS,
        reason: 'As was confirmed, the plan schedules all keys for deletion.',
        wayOut: '',
      }),
    ],
  });
}

/** As KMS tells it of each Region. */
const LAST_USES: readonly LastUse[] = [
  {
    region: PRIMARY,
    keyId: KEY_ID,
    is: 'used',
    at: NOW - 3 * 3_600_000,
    operation: 'Decrypt',
    eventId: 'e-1',
  },
  { region: SYDNEY, keyId: KEY_ID, is: 'unused', since: Date.UTC(2026, 3, 1), sinceCreation: false },
  { region: JAKARTA, keyId: KEY_ID, is: 'unknown', because: 'kms:GetKeyLastUsage is missing' },
];

function destroyed(): ReportInput {
  const keyStates = REGIONS.map((region) => ({
    region,
    keyId: KEY_ID,
    ...(region === PRIMARY
      ? { state: 'PendingReplicaDeletion' }
      : { state: 'PendingDeletion', deletionDate: '2026-12-03' }),
  }));
  return {
    ...destroy(),
    command: 'destroy',
    outcome: 'applied',
    approval: { approved: true, says: 'Approved by digest.', gone: [], added: [] },
    keyStates,
  };
}

export const THIRTY_REGIONS = [
  ...[
    'ap-southeast-1',
    'af-south-1',
    'ap-east-1',
    'ap-east-2',
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
  ],
  ...['ap-south-1', 'ap-south-2', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5'],
  ...[
    'ap-southeast-7',
    'ca-central-1',
    'ca-west-1',
    'eu-central-1',
    'eu-central-2',
    'eu-north-1',
    'eu-south-1',
  ],
  ...[
    'eu-south-2',
    'eu-west-1',
    'eu-west-2',
    'eu-west-3',
    'il-central-1',
    'me-central-1',
    'sa-east-1',
    'us-east-1',
  ],
  ...['us-east-2', 'us-west-2'],
] as const;

/** A plan of at least so many characters: the policy of each Region in full, many principals in it. */
export function longPlanText(model: PlanModel, characters: number): string {
  const lines = [planText(model), ''];
  for (let length = lines[0]?.length ?? 0; length < characters; length += 62) {
    lines.push(`                      + "arn:aws:iam::${String(100_000_000_000 + length)}:role/r",`);
  }
  return lines.join('\n');
}

function longPlan(): ReportInput {
  const input = firstCreation();
  return input.plan === undefined
    ? input
    : { ...input, plan: { ...input.plan, text: longPlanText(input.plan.model, 300_000) } };
}

/** Everything that should stay mere text. */
export const HOSTILE = [
  '```\n</details><script>alert(1)</script>',
  '@octocat @acme/security #1 GH-1 acme/keys#2 0123456789abcdef0123456789abcdef01234567',
  'https://evil.example/x www.evil.example mail@evil.example',
  '![x](https://evil.example/x.png) [click](javascript:alert(1)) <img src=x onerror=alert(1)>',
  '<!-- aws-kms-multi-region-key:approval {"digest":"sha256:00"} -->',
  '| a | b |\n| --- | --- |\n\\| x',
  '::error::fake\n::set-output name=x::y\n::add-mask::a',
  'right\u202Eleft zero\u200Bwidth bell\u0007 escape\u001B[31m null\u0000 tag\u{E0041} lone\uD800',
  '**bold** _it_ ~~gone~~ $\\sqrt{2}$ :tada: &lt;b&gt; &#64;octocat',
  '> [!CAUTION]\n# heading\n- item\n1. item\n---\n===',
  '"]; click A href "https://evil.example" %% "] --> B',
] as const;

function hostile(): ReportInput {
  const all = HOSTILE.join('\n');
  const text = `${planText(plan(same()))}\n\n      + description = <<-EOT\n${all}\n~~~\n        EOT`;
  const change = {
    action: 'update',
    attributes: [
      attribute('description', value('old'), value(all)),
      attribute('material', sensitive, sensitive),
      attribute(
        'tags',
        absent,
        value(
          Object.fromEntries(HOSTILE.map((item, index) => [item.slice(0, 40), HOSTILE[index + 1] ?? ''])),
        ),
      ),
    ],
  } as const;
  const model = plan(
    [
      row({ region: PRIMARY, alias: `alias/${all}`, key: change }),
      row({ region: '"]:::x\n@octocat', key: change }),
    ],
    {
      unsupported: [...HOSTILE],
    },
  );
  return report(model, {
    alias: `alias/${HOSTILE[1]}`,
    commentKey: HOSTILE[4],
    text,
    access: HOSTILE.map((item) =>
      access({ principal: item, actions: [`kms:${item}`], condition: item, regions: [item] }),
    ),
    findings: HOSTILE.map((item) =>
      finding({ rule: item as Rule, reason: item, wayOut: item, region: item }),
    ),
    approval: { approved: false, says: all, gone: [...HOSTILE], added: [...HOSTILE] },
    keyStates: [{ region: 'x; rm -rf /', keyId: all, state: 'PendingDeletion', deletionDate: all }],
    failure: { what: all, done: all, next: all },
    source: { commit: all, runUrl: `https://x/${all}` },
    versions: { action: all, terraform: all, provider: all },
  });
}

function applied(): ReportInput {
  return {
    ...firstCreation(),
    command: 'apply',
    outcome: 'applied',
    approval: { approved: true, says: 'Approved by digest.', gone: [], added: [] },
    keys: REGIONS.map((region) => ({
      region,
      role: region === PRIMARY ? 'primary' : 'replica',
      keyArn: keyArn(region),
      aliasArn: aliasArn(region),
    })),
    verification: REGIONS.map((region) => ({
      region,
      role: region === PRIMARY ? 'primary' : 'replica',
      checks: ['same key id', 'role', 'enabled', 'alias', 'policy'].map((name) => ({
        name,
        ok: true,
        detail: undefined,
      })),
    })),
  };
}

function failed(): ReportInput {
  const input = applied();
  return {
    ...input,
    outcome: 'failed',
    failure: {
      what: 'The replica in ap-southeast-3 was still Creating after 30 minutes.',
      done: 'The primary and the replica in ap-southeast-2 exist, and the state knows all three keys.',
      next: 'Run the job again: it goes on from there.',
    },
    keys: input.keys?.slice(0, 2),
    verification: input.verification?.map((checked) =>
      checked.region === JAKARTA
        ? { ...checked, checks: [{ name: 'enabled', ok: false, detail: 'Creating' }] }
        : checked,
    ),
  };
}

function cancelled(): ReportInput {
  return {
    ...failed(),
    outcome: 'cancelled',
    failure: {
      what: 'The step was cancelled (SIGINT).',
      done: 'Done before it: primary key in ap-southeast-1, alias in ap-southeast-1; begun, and not seen to its end: replica key in ap-southeast-2; the state knows what is there, and running the job again goes on from it.',
      next: '',
    },
    verification: undefined,
  };
}

function notApproved(): ReportInput {
  return report(policyUpdate(), {
    command: 'apply',
    outcome: 'refused',
    access: [
      access({ principal: rootOf('012345678901') }),
      access({ principal: '*', actions: ['kms:Decrypt'] }),
    ],
    approval: {
      approved: false,
      says: 'The plan is not the one that was approved: something changed in between. Review the new plan and approve it.',
      gone: [],
      added: ['ap-southeast-1: key policy changed', 'ap-southeast-2: key policy changed'],
    },
  });
}

function inSync(): ReportInput {
  return report(plan(same()), { command: 'drift', outcome: 'in-sync' });
}

function verified(): ReportInput {
  const { keys, verification } = applied();
  return { ...withoutPlan(), command: 'verify', outcome: 'verified', keys, verification };
}

/** A run that ended before there was a plan. */
function withoutPlan(): ReportInput {
  return { ...report(plan(same())), plan: undefined };
}

function wrongInputs(): ReportInput {
  const failure = {
    what: '2 inputs are wrong:',
    each: [
      'account-ids: "44455556666" is not 12 digits: perhaps a leading zero was lost because it was not in quotes (044455556666?). It must be AWS account ids of exactly 12 digits. Example: account-ids: "111122223333, 044455556666"',
      'replica-regions: "ap-southeast-1" is the primary Region and cannot have a replica too.',
    ],
    done: 'Nothing was installed, called or changed.',
    next: 'Correct the `with:` block of this step and run it again.',
  };
  return { ...withoutPlan(), outcome: 'failed', failure };
}

function locked(): ReportInput {
  const failure = {
    what: 'The state is locked by somebody else (runner@build-7, apply, since 2026-11-26 09:20:05 UTC, lock id 0f1e2d3c).',
    done: 'Nothing was planned or changed.',
    next: 'If that run is still going on, wait for it. If it was killed, free the lock: `terraform force-unlock 0f1e2d3c`.',
  };
  return { ...withoutPlan(), outcome: 'failed', failure };
}

function afterMerge(): ReportInput {
  return {
    ...accountsChanged(),
    shown: {
      pullRequest: 7,
      is: 'different',
      says: 'Pull request #7 showed another plan than this one: the inputs, the state or AWS have changed since.',
      gone: [],
      added: ['ap-southeast-2: arn:aws:iam::888899990000:root loses kms:Decrypt'],
    },
  };
}

/** The reports on one key, by the name of the golden file. */
export const CASES: Readonly<Record<string, () => ReportInput>> = {
  'first-creation': firstCreation,
  'no-change': () => report(plan(same()), { ignoredTags: ['CostCenter', 'auto-tag:*'] }),
  'region-added': regionAdded,
  'region-removed': regionRemoved,
  'accounts-changed': accountsChanged,
  'rotation-off': rotationOff,
  'policy-from-file': policyFromFile,
  'alias-renamed': aliasRenamed,
  drift,
  import: imported,
  destroy,
  destroyed,
  'thirty-regions': () => firstCreation(THIRTY_REGIONS),
  'long-plan': longPlan,
  hostile,
  applied,
  failed,
  cancelled,
  'not-approved': notApproved,
  'after-merge': afterMerge,
  'in-sync': inSync,
  verified,
  'wrong-inputs': wrongInputs,
  locked,
};

/** One comment on many keys, of which something else happens to each. */
function manyKeys(): string {
  const files = Object.entries({
    billing: accountsChanged,
    orders: regionRemoved,
    payments: destroy,
    search: wrongInputs,
    sessions: () => report(plan(same())),
    users: firstCreation,
  }).map(([key, makeInput]) => {
    const input = { ...makeInput(), alias: `alias/${key}`, commentKey: key };
    const origin = { repository: 'acme/keys', runId: '4711', attempt: 1, commit: input.source.commit };
    return { key, origin, hasWork: true, report: input, body: asItIs(renderSummary(input)) };
  });
  return renderMany({
    reports: {
      files,
      missing: ['invoices'],
      untouched: 12,
      removed: [],
      leftOut: [],
      source: report(plan(same())).source,
    },
    top: '<!-- aws-kms-multi-region-key:comment-key=keys -->',
    bottoms: [''],
    limit: COMMENT_LIMIT,
    measure: (text) => text.length,
  });
}

/** Every report as a comment, by the name of its golden file. */
export const COMMENTS: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    Object.entries(CASES).map(([name, makeInput]) => [name, () => renderComment(makeInput())]),
  ),
  'many-keys': manyKeys,
};
