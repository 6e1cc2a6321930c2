/**
 * The sixteen kinds of fault that people of this trade ran into elsewhere: at least four inputs of each, and what is said of
 * every one, in one golden file for people to read. `UPDATE_GOLDEN=1 npm test -- public-reports` writes it anew.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { denialText, POLICY_KINDS } from '../../emulator/aws/denial.js';
import type { EventOptions } from '../../emulator/github/events.js';
import { refuseBadConfig } from '../../src/aws/machine-config.js';
import { explainIdentityRefusal, explainNoCredentials } from '../../src/aws/refusal.js';
import { messageOf } from '../../src/errors.js';
import { explainEmptyInput } from '../../src/inputs/empty-input.js';
import { guardPlan } from '../../src/guard/guard.js';
import type { PlanModel } from '../../src/plan/types.js';
import { TerraformError } from '../../src/terraform/run.js';
import { explainTerraformError } from '../../src/terraform/symptoms.js';
import { failureNames, readFailure, replayFailure } from '../support/failures.js';
import { read } from '../support/inputs.js';
import { RecordedWorld } from '../support/recorded-run.js';
import { AWS_CONFIGURATIONS, STARTERS } from '../support/surroundings.js';
import {
  ACCOUNT,
  aliasChange,
  goldenModel,
  KEY_ID,
  modelOf,
  policyOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  statement,
  updatePolicy,
  type Json,
} from './plan/raw-plan.js';
import type { Finding } from '../../src/guard/finding.js';

const GOLDEN = path.join(import.meta.dirname, '..', 'golden', 'public-reports.txt');

/** What is said of one input. */
type Say = () => string | Promise<string>;

function thrownBy(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    return messageOf(thrown);
  }
  throw new Error('nothing was refused');
}

/** What the inputs say, by what was given. */
function refused(...given: Readonly<Record<string, string>>[]): Record<string, Say> {
  return Object.fromEntries(
    given.map((inputs) => [JSON.stringify(inputs), () => thrownBy(() => read(inputs))]),
  );
}

const terraformSays = (text: string): string =>
  explainTerraformError(
    new TerraformError('apply', 1, [{ summary: text, detail: '', address: undefined }]),
    'DONE.',
  ).message;

function recorded(beginning: string): Record<string, Say> {
  const names = failureNames().filter((name) => name.startsWith(beginning));
  return Object.fromEntries(
    names.map((name) => [
      name,
      async () => explainTerraformError(await replayFailure(readFailure(name)), 'DONE.').message,
    ]),
  );
}

const IN_S3 = 'bucket=acme-state\nkey=k\nregion=us-east-1';
const inS3 = (config: string, more: Record<string, string> = {}): Record<string, string> => ({
  backend: 's3',
  'backend-config': `${IN_S3}\n${config}`,
  ...more,
});

interface Judged {
  readonly model: PlanModel;
  readonly alias?: string;
  readonly renamedFrom?: string;
}

/** What the guard says of a rule in a plan. */
function guarded(rule: string, plans: Readonly<Record<string, Judged>>): Record<string, Say> {
  const say = ({ model, alias = 'aws_cb_cmk', ...owner }: Judged): string => {
    const options = { deletionConfirmed: false, destroys: false };
    const found = guardPlan({ model, owner: { alias, ...owner }, primaryRegion: PRIMARY, options });
    const fitting = found.filter((each: Finding) => each.rule === rule);
    return fitting.map(({ severity, reason, wayOut }) => `${severity}: ${reason} ${wayOut}`).join(' ');
  };
  return Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, () => say(plan)]));
}

const key = primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() });
const named = (name: string): Json => {
  const side = { name, region: PRIMARY };
  return aliasChange({ actions: ['no-op'], before: side, after: side });
};
const noted = (before: string): Json => ({
  output_changes: { state_of_alias: { actions: ['update'], before, after: 'alias/shop/orders' } },
});
const OF_ORDERS = { alias: 'shop/orders' };

const USES = { Action: 'kms:Decrypt' };
const BUT = { Principal: undefined, NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:role/admin` } };
const DENY = { Effect: 'Deny', Principal: '*' };
const planned = (...statements: Json[]): Judged => ({
  model: updatePolicy(policyOf(statement()), policyOf(...statements)),
});
const byIds = (...AWS: string[]): Judged => ({
  model: updatePolicy(
    policyOf(statement(), statement({ ...USES, Principal: { AWS } })),
    policyOf(statement()),
  ),
});

/** A plan with something in its keys that is another one in each run. */
function withValue(attribute: string, value: unknown): (json: string) => string {
  return (json) => {
    const plan = JSON.parse(json) as { resource_changes: { type: string; change: { after: Json } }[] };
    for (const { type, change } of plan.resource_changes)
      if (/_key$/.test(type)) change.after[attribute] = value;
    return JSON.stringify(plan);
  };
}

const ON_PULL_REQUEST: EventOptions = { event: 'pull_request', pullRequest: 1, runId: 1 };
const APPLY = { command: 'apply', 'approved-plan': 'pull-request' };

/** What an apply says that is approved on the pull request by another plan, or runs on another event. */
async function applied(event: EventOptions, before?: Alter, now?: Alter): Promise<string> {
  const world = await RecordedWorld.open(undefined, 1);
  try {
    const plan = 'first-creation';
    await world.run({}, { plan, alter: before }, ON_PULL_REQUEST);
    if (event.event === 'push') world.merge();
    const { annotations } = await world.run(APPLY, { plan, alter: now }, event);
    return annotations.filter((each) => each.startsWith('error')).join('\n');
  } finally {
    await world.close();
  }
}

type Alter = ReturnType<typeof withValue>;

const inEachRun =
  (attribute: string, before: unknown, now: unknown): Say =>
  () =>
    applied(
      { event: 'push', pullRequest: 1, runId: 2 },
      withValue(attribute, before),
      withValue(attribute, now),
    );
const on =
  (event: EventOptions): Say =>
  () =>
    applied(event);

const beforeAnyCall =
  (message: string): Say =>
  () =>
    explainIdentityRefusal('eu-west-1', { code: 'Error', message, status: undefined, attempts: 1 }).message;

const VAIN = "timeout while waiting for state to become 'TRUE' (last state: 'FALSE', timeout: 10m0s)";
const waited =
  (what: string): Say =>
  () =>
    terraformSays(`waiting for KMS Key (mrk-1) ${what}: ${VAIN}`);

/** In the order of the public reports; at least four inputs each, or a test fails. */
const KINDS: Readonly<Record<string, Readonly<Record<string, Say>>>> = {
  'a value is masked for its name, and an output is blank': refused(
    inS3('secret_key=production', { alias: 'production-orders' }),
    inS3('token=changes'),
    inS3('token=ap-southeast-1'),
    inS3('token=111122223333'),
    inS3('sse_customer_key=multi-region'),
  ),
  'two keys, one state': guarded('another-alias', {
    'the state has another alias': { ...OF_ORDERS, model: modelOf([key, named('alias/shop/invoices')]) },
    'an apply noted another alias': { ...OF_ORDERS, model: modelOf([key], noted('alias/shop/invoices')) },
    'neither the alias nor the one that it was renamed from': {
      ...OF_ORDERS,
      renamedFrom: 'shop/order',
      model: modelOf([key, named('alias/shop/invoices')]),
    },
    'a rename that is not said': { alias: 'payments', model: goldenModel('alias-renamed') },
    'another case': { ...OF_ORDERS, model: modelOf([key, named('alias/Shop/Orders')]) },
  }),
  'ten minutes for nothing': {
    'the policy': waited('policy update'),
    'the policy, of a new key': waited('policy propagation'),
    'the tags': waited('tag update'),
    'the description': waited('description update'),
    'the rotation': waited('rotation update'),
  },
  'a policy that names what cannot exist': refused(
    {
      'account-ids': '',
      policy: policyOf(statement(), statement({ Principal: { AWS: 'arn:aws:iam::44455556666:root' } })),
    },
    { users: `arn:aws:iam::${ACCOUNT}:group/team` },
    { users: `arn:aws:sts::${ACCOUNT}:assumed-role/app/session` },
    { administrators: `arn:aws:iam::${ACCOUNT}:role/*` },
    { users: `arn:aws-cn:iam::${ACCOUNT}:role/app` },
    { 'account-ids': '', policy: policyOf(statement(), statement({ Principal: { AWS: [] } })) },
    {
      'account-ids': '',
      policy: policyOf(
        statement(),
        statement({ Principal: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/app` } }),
      ),
    },
  ),
  'a lock that is not freed': recorded('lock-not-freed'),
  'which policy refused a call': Object.fromEntries(
    POLICY_KINDS.map((policy) => [
      policy,
      () => {
        const call = {
          principal: `arn:aws:iam::${ACCOUNT}:role/kms`,
          permission: 'kms:CreateKey',
          resource: '*',
        };
        const text = denialText(call, { policy, explicit: true, policyArn: undefined });
        return terraformSays(`operation error KMS: CreateKey, api error AccessDeniedException: ${text}`);
      },
    ]),
  ),
  'an input that is empty because its source is': Object.fromEntries(
    STARTERS.map(({ name, env, event }) => [
      name,
      () => {
        const sources = {
          env: { GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: '/event', ...env },
          readFile: () => JSON.stringify(event ?? {}),
        };
        return explainNoCredentials('no provider', explainEmptyInput(sources)).message;
      },
    ]),
  ),
  'an event whose commit is not the one to apply': {
    'a pull request that is open': on({ ...ON_PULL_REQUEST, runId: 2 }),
    pull_request_target: on({ event: 'pull_request_target', pullRequest: 1, runId: 2 }),
    issue_comment: on({ event: 'issue_comment', pullRequest: 1, runId: 2 }),
    schedule: on({ event: 'schedule', runId: 2 }),
    workflow_dispatch: on({ event: 'workflow_dispatch', runId: 2 }),
  },
  'a value that differs in each run': {
    "the commit's id in a tag": inEachRun('tags', { commit: 'a1b2' }, { commit: 'c3d4' }),
    "the run's id in a tag": inEachRun('tags', { run: '1' }, { run: '2' }),
    'who started it, in the description': inEachRun('description', 'by octocat', 'by hubot'),
    'the day, in the description': inEachRun('description', 'as of Monday', 'as of Tuesday'),
    'a policy file that is generated': inEachRun(
      'policy',
      policyOf(statement({ Sid: 'Run1' })),
      policyOf(statement({ Sid: 'Run2' })),
    ),
  },
  "the runner's own AWS configuration": Object.fromEntries(
    AWS_CONFIGURATIONS.filter(({ withoutRole }) => withoutRole !== undefined).map(
      ({ name, files = {}, env = {} }) => [
        name,
        () => {
          const home = '/home/runner';
          const put = Object.entries(env).map(
            ([each, value]) => [each, value.replace('HOME', home)] as const,
          );
          const look = (file: string): string | undefined => files[path.posix.relative(home, file)];
          return thrownBy(() => {
            refuseBadConfig({ HOME: home, ...Object.fromEntries(put) }, look);
          });
        },
      ],
    ),
  ),
  'an error before any call': {
    'no home folder': beforeAnyCall('ENOENT: no such file or directory, uv_os_homedir'),
    'FIPS with an endpoint': beforeAnyCall(
      'Invalid Configuration: FIPS and custom endpoint are not supported',
    ),
    'a bad endpoint': beforeAnyCall('Invalid URL'),
    'a bad setting': beforeAnyCall('The retry mode is not valid'),
  },
  'a policy that locks its makers out': {
    ...guarded('nobody-can-put-policy', {
      'a session alone': planned(
        statement({ Principal: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/admin/me` } }),
      ),
      'everybody but a role is denied': planned(statement(), statement({ ...DENY, ...BUT })),
      'the key of somebody else': planned(
        statement({ Resource: `arn:aws:kms:${PRIMARY}:${ACCOUNT}:key/${KEY_ID}0` }),
      ),
      'all callers of the account are denied': planned(
        statement(),
        statement({ ...DENY, Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } } }),
      ),
    }),
    ...guarded('put-policy-without-root', {
      'a role alone': planned(statement({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/admin` } })),
    }),
  },
  'rules that exist twice': refused(
    { alias: '/lead' },
    { alias: 'lead/' },
    { alias: 'alias/alias/x' },
    { alias: 'a//b' },
    { 'state-bucket': 'acme-state', 'state-key': 'a//b.tfstate' },
  ),
  notations: refused(
    { 'account-ids': '', policy: '[{"Statement": []}]' },
    { 'replica-regions': '["eu-west-1", eu-west-2]' },
    { 'replica-regions': '- eu-west-1\neu-west-2' },
    { tags: '{"team": "a", "team": "b"}' },
    { 'account-ids': '', policy: '{"Statement": [], "Statement": []}' },
    { alias: 'le\u200bad' },
  ),
  'a principal that was deleted': guarded('deleted-principal', {
    'a role': byIds('AROAJQABLZS4A3QDU576Q'),
    'a user': byIds('AIDAJQABLZS4A3QDU576Q'),
    'both, beside one that is there': byIds(
      'AROAJQABLZS4A3QDU576Q',
      'AIDAJQABLZS4A3QDU576Q',
      `arn:aws:iam::${ACCOUNT}:role/app`,
    ),
    'one that stays in the policy': {
      model: updatePolicy(
        policyOf(statement(), statement({ ...USES, Principal: { AWS: 'AROAJQABLZS4A3QDU576Q' } })),
        policyOf(
          statement(),
          statement({ ...USES, Principal: { AWS: 'AROAJQABLZS4A3QDU576Q' } }),
          statement(USES),
        ),
      ),
    },
  }),
  'tags that others put on': {
    ...refused(
      { 'ignore-tags': '*' },
      { 'ignore-tags': 'auto*tag' },
      { 'ignore-tags': 'Cost\u200bCenter' },
      { 'ignore-tags': 'team, cost:*', tags: 'team=a\ncost:center=7' },
    ),
    'an auto-tagger that tags a new key at once': waited('tag propagation'),
  },
};

describe('each kind of fault that was reported in public', () => {
  test('is one of sixteen', () => {
    expect(Object.keys(KINDS)).toHaveLength(16);
  });

  const said = new Map<string, readonly string[]>();

  test.each(Object.entries(KINDS))(
    '%s: has at least four inputs, each with a message of its own',
    async (kind, inputs) => {
      const messages: string[] = [];
      for (const [given, say] of Object.entries(inputs)) {
        const message = await say();
        expect([given, message.trim()]).not.toEqual([given, '']);
        expect(message).not.toContain('no words for');
        messages.push(`${given}\n  ${message.trim().replaceAll('\n', '\n  ')}`);
      }
      expect(Object.keys(inputs).length).toBeGreaterThanOrEqual(4);
      expect(new Set(messages).size).toBe(messages.length);
      said.set(kind, messages);
    },
  );

  test('reads as agreed', () => {
    const text = [...said].map(([kind, messages]) => `# ${kind}\n\n${messages.join('\n\n')}\n`).join('\n');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
    expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
  });
});

describe('no output is blank without a refusal', () => {
  /** Settings whose names sound secret, or whose values stand in the outputs, and that are none. */
  const HARMLESS = [
    'skip_credentials_validation=true',
    'access_key=cmk',
    'secret_key=cmk',
    'token=1',
    'shared_credentials_files=["/home/x/credentials"]',
    'assume_role_with_web_identity.web_identity_token_file=/var/run/token',
  ];

  test.each(HARMLESS)('%s', async (setting) => {
    const world = await RecordedWorld.open();
    try {
      const inputs = { 'state-bucket': '', ...inS3(setting) };
      const told = await world.run(inputs, { plan: 'first-creation' }, ON_PULL_REQUEST);
      expect([told.failed, told.annotations.filter((each) => /mask|blank|secret/i.test(each))]).toEqual([
        false,
        [],
      ]);
      for (const name of ['has-changes', 'result', 'plan-digest', 'to-add', 'plan-summary'])
        expect([name, told.outputs[name]]).toEqual([name, expect.stringMatching(/^[^*]+$/)]);
    } finally {
      await world.close();
    }
  });
});
