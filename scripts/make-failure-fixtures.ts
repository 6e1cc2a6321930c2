/**
 * Makes the failures in __tests__/golden/failures anew: what the Terraform on PATH and a real provider say when things go
 * wrong, each provoked on the emulator, and under it what the action makes of it for people.
 * `npx tsx scripts/make-failure-fixtures.ts [NAME…]`; a person reads the difference.
 */

import { createRedactor } from '../src/runner/redaction.js';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  KMSClient,
  ScheduleKeyDeletionCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { S3Client, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { FAILURES_FOLDER, type RecordedFailure } from '../__tests__/support/failures.js';
import { read } from '../__tests__/support/inputs.js';
import { findProviderMirror, findTerraform } from '../__tests__/support/terraform.js';
import { startEmulator, type Emulator, type Fault } from '../emulator/index.js';
import type { ExecResult } from '../src/deps.js';
import { messageOf } from '../src/errors.js';
import { createExec } from '../src/runner/exec.js';
import { createLog } from '../src/runner/log.js';
import { prepareConfiguration } from '../src/terraform/prepare.js';
import { createTerraform, type Terraform } from '../src/terraform/run.js';

const KEY = 'team/keys.tfstate';
const PRIMARY = 'ap-southeast-1';
const REPLICA = 'ap-southeast-2';

/** One Terraform folder with a state in the emulator's bucket. */
interface Lab {
  readonly emulator: Emulator;
  readonly kms: KMSClient;
  readonly terraform: Terraform;
  readonly workDir: string;
  readonly mirror: string;
  /** Writes the configuration; unless told, of a primary alone. */
  configure(changed?: Readonly<Record<string, string>>): Promise<void>;
  init(): Promise<void>;
  plan(): Promise<void>;
  apply(): Promise<void>;
  /** Of every Terraform from now on, on top of what the emulator asks for; an empty text takes away. */
  readonly env: Record<string, string>;
  fault(match: Fault['match'], effect: Fault['effect']): void;
  readState(): Promise<Record<string, unknown>>;
  writeObject(key: string, text: string): Promise<void>;
  /** Sets a root variable past the inputs. */
  setVariable(name: string, value: unknown): Promise<void>;
  /** The id of the primary. */
  keyId(): string;
}

/** A failure of one Terraform command, and what has to be so for it. */
interface Case {
  readonly provoked: string;
  /** True where the provider waits ten minutes: all such are made at once. */
  readonly patient?: true;
  readonly run: (lab: Lab) => Promise<void>;
}

const NO_WAIT = { AWS_MAX_ATTEMPTS: '1' };
const expired = { type: 'expired-token' } as const;
const denied = { type: 'access-denied' } as const;
const FREEING_THE_LOCK = { action: 'DeleteObject', resource: '*.tflock' } as const;

/** A Deny statement in a policy of this kind. */
const deniedBy = (
  policy: Extract<Fault['effect'], { type: 'access-denied' }>['policy'],
): Extract<Fault['effect'], { type: 'access-denied' }> => ({ ...denied, policy, explicit: true });

const READS = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'kms:Decrypt',
  Resource: '*',
};

/** The root's statement, and another one twice, of which AWS keeps one. */
const TWICE_THE_SAME = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999900001111:root' }, Action: 'kms:*', Resource: '*' },
    READS,
    READS,
  ],
});

async function ready(lab: Lab, changed: Readonly<Record<string, string>> = {}): Promise<void> {
  await lab.configure(changed);
  await lab.init();
}

async function applied(lab: Lab, changed: Readonly<Record<string, string>> = {}): Promise<void> {
  await ready(lab, changed);
  await lab.plan();
  await lab.apply();
}

/** A failing call while the plan is made, or while it is applied. */
const failing =
  (
    at: 'init' | 'plan' | 'refresh' | 'apply',
    match: Fault['match'],
    effect: Fault['effect'],
    changed: Readonly<Record<string, string>> = {},
  ): Case['run'] =>
  async (lab) => {
    Object.assign(lab.env, NO_WAIT);
    await lab.configure(changed);
    if (at !== 'init') await lab.init();
    if (at === 'apply' || at === 'refresh') await lab.plan();
    if (at === 'refresh') await lab.apply();
    lab.fault(match, effect);
    if (at === 'init') await lab.init();
    else if (at === 'apply') await lab.apply();
    else await lab.plan();
  };

/** An apply while something else changes the key, over and over: the first one, or else one of this change. */
const meddling =
  (meddle: (lab: Lab) => Promise<void>, change?: readonly [variable: string, value: unknown]): Case['run'] =>
  async (lab) => {
    await ready(lab, { tags: 'team=payments' });
    await lab.plan();
    if (change !== undefined) {
      await lab.apply();
      await lab.setVariable(...change);
      await lab.plan();
    }
    const timer = setInterval(() => void meddle(lab), 50);
    await lab.apply().finally(() => {
      clearInterval(timer);
    });
  };

const error = (code: string, message: string, status = 400): Fault['effect'] => ({
  type: 'error',
  code,
  message,
  status,
});

const CASES: Readonly<Record<string, Case>> = {
  'bucket-missing': {
    provoked: 'the state bucket does not exist',
    run: async (lab) => ready(lab, { 'state-bucket': 'nobody-has-this-bucket' }),
  },
  'bucket-elsewhere': {
    provoked: 'the state bucket is in another Region',
    run: async (lab) => {
      const { account } = lab.emulator;
      lab.emulator.s3.add({ name: 'acme-elsewhere', region: 'eu-west-1', account, createdAt: 0 });
      await ready(lab, { 'state-bucket': 'acme-elsewhere' });
    },
  },
  'state-not-allowed': {
    provoked: 'the role may not read the state; S3 answers a HEAD without saying why',
    run: failing('init', { action: 'HeadObject' }, denied),
  },
  'state-token-expired': {
    provoked: 'the credentials expired before the state was looked at; S3 answers a HEAD without saying why',
    run: failing('init', { action: 'HeadObject' }, expired),
  },
  'init-token-expired': {
    provoked: 'the credentials expired before the bucket was listed',
    run: failing('init', { action: 'ListObjectsV2' }, expired),
  },
  'no-credentials': {
    provoked: 'there are no credentials',
    run: async (lab) => {
      Object.assign(lab.env, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
      await ready(lab);
    },
  },
  'provider-not-in-mirror': {
    provoked: 'the mirror does not have the version of the provider',
    run: async (lab) => ready(lab, { 'aws-provider-version': '5.99.1' }),
  },
  'registry-unreachable': {
    provoked: 'the runner has no way to the registry: its proxy does not answer',
    run: async (lab) => {
      Object.assign(lab.env, { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '' });
      await lab.configure();
      await lab.terraform.init({});
    },
  },
  'lock-file-other-version': {
    provoked: 'the lock file has another version of the provider than is asked for',
    run: async (lab) => {
      await lab.configure();
      await writeFile(path.join(lab.workDir, '.terraform.lock.hcl'), lockFile('5.99.1', '1'));
      await lab.init();
    },
  },
  'lock-file-other-checksum': {
    provoked: 'the lock file has another checksum of the provider',
    run: async (lab) => {
      await lab.configure();
      const { version } = foundMirror();
      await writeFile(path.join(lab.workDir, '.terraform.lock.hcl'), lockFile(version, 'a'));
      await lab.init();
    },
  },
  'locked-by-another': {
    provoked: 'another run holds the lock',
    run: async (lab) => {
      await ready(lab);
      await lab.writeObject(`${KEY}.tflock`, LOCK);
      await lab.plan();
    },
  },
  'lock-not-set': {
    provoked: 'the credentials expired before the lock was set',
    run: failing('plan', { action: 'PutObject', resource: '*.tflock' }, expired),
  },
  'lock-not-read': {
    provoked: 'the credentials expired before the lock was read to free it',
    run: failing('plan', { action: 'GetObject', resource: '*.tflock' }, expired),
  },
  'lock-not-freed': {
    provoked: 'the role may not delete the lock',
    run: failing('plan', FREEING_THE_LOCK, denied),
  },
  'lock-not-freed-by-organisation': {
    provoked: 'a service control policy lets nobody delete from the bucket',
    run: failing('plan', FREEING_THE_LOCK, deniedBy('service control policy')),
  },
  'lock-not-freed-expired': {
    provoked: 'the credentials expired before the lock was freed',
    run: failing('plan', FREEING_THE_LOCK, expired),
  },
  'lock-not-freed-unavailable': {
    provoked: 'S3 did not take the call that frees the lock',
    run: failing('plan', FREEING_THE_LOCK, { type: 'unavailable' }),
  },
  'lock-not-freed-no-answer': {
    provoked: 'the connection broke off while the lock was freed',
    run: failing('plan', FREEING_THE_LOCK, { type: 'reset' }),
  },
  'lock-not-allowed': {
    provoked: 'the role may not write the lock',
    run: failing('plan', { action: 'PutObject', resource: '*.tflock' }, denied),
  },
  'region-not-enabled': {
    provoked: 'a replica Region is not enabled for the account',
    run: async (lab) => {
      Object.assign(lab.env, NO_WAIT);
      await ready(lab, { 'replica-regions': REPLICA });
      lab.emulator.disabledRegions.add(REPLICA);
      await lab.plan();
    },
  },
  'refresh-not-allowed': {
    provoked: 'the role may not describe the key',
    run: failing('refresh', { action: 'DescribeKey' }, denied),
  },
  'denied-by-identity-policy': {
    provoked: "a Deny in the role's own policies",
    run: failing('apply', { action: 'CreateKey' }, deniedBy('identity-based policy')),
  },
  'denied-by-key-policy': {
    provoked: 'the key policy does not let the role describe the key',
    run: failing('refresh', { action: 'DescribeKey' }, { ...denied, policy: 'resource-based policy' }),
  },
  'denied-by-bucket-policy': {
    provoked: 'a Deny in the policy of the state bucket',
    run: failing(
      'refresh',
      { action: 'GetObject', resource: '*.tfstate' },
      deniedBy('resource-based policy'),
    ),
  },
  'denied-by-organisation': {
    provoked: 'a service control policy of the organisation',
    run: failing(
      'apply',
      { action: 'CreateKey' },
      {
        ...deniedBy('service control policy'),
        policyArn: 'arn:aws:organizations::999900001111:policy/o-acme/service_control_policy/p-regions',
      },
    ),
  },
  'denied-by-organisation-without-allow': {
    provoked: 'no service control policy allows the call',
    run: failing('apply', { action: 'CreateKey' }, { ...denied, policy: 'service control policy' }),
  },
  'denied-for-lack-of-a-tag': {
    provoked: 'an organisation asks for a tag on everything that is created',
    run: failing(
      'apply',
      { action: 'CreateKey', withoutTag: 'cost-center' },
      deniedBy('service control policy'),
      { tags: 'team=payments' },
    ),
  },
  'denied-by-resource-control-policy': {
    provoked: 'a resource control policy of the organisation',
    run: failing('apply', { action: 'CreateAlias' }, deniedBy('resource control policy')),
  },
  'denied-by-boundary': {
    provoked: 'the permissions boundary of the role does not allow the call',
    run: failing('apply', { action: 'CreateKey' }, { ...denied, policy: 'permissions boundary' }),
  },
  'denied-by-session-policy': {
    provoked: 'the session was made with a policy that does not allow the call',
    run: failing('apply', { action: 'CreateKey' }, { ...denied, policy: 'session policy' }),
  },
  'denied-by-endpoint-policy': {
    provoked: "the policy of the runner's VPC endpoint does not allow the call",
    run: failing('apply', { action: 'CreateKey' }, { ...denied, policy: 'VPC endpoint policy' }),
  },
  'policy-not-seen': {
    provoked: 'AWS gives the policy back in another form, for which the provider waits ten minutes in vain',
    patient: true,
    run: async (lab) => {
      await ready(lab);
      await lab.setVariable('policy', TWICE_THE_SAME);
      await lab.plan();
      await lab.apply();
    },
  },
  'replica-policy-not-seen': {
    provoked: 'the same on an update, and in a replica Region',
    patient: true,
    run: async (lab) => {
      await applied(lab, { 'replica-regions': REPLICA });
      await lab.setVariable('policy', TWICE_THE_SAME);
      await lab.plan();
      await lab.apply();
    },
  },
  'tags-not-seen': {
    provoked: 'an auto-tagger puts a tag on every new key, at once',
    patient: true,
    run: meddling((lab) => {
      const id = lab.keyId();
      if (id !== '') lab.emulator.kms.tag(PRIMARY, id, { 'auto:owner': 'platform' });
      return Promise.resolve();
    }),
  },
  'description-not-seen': {
    provoked: 'something else keeps another description on the key',
    patient: true,
    run: meddling(
      async (lab) => {
        const KeyId = lab.keyId();
        if (KeyId !== '')
          await lab.kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'Managed' }));
      },
      ['description', 'Payments'],
    ),
  },
  'refresh-not-allowed-tersely': {
    provoked: 'the role may not describe the key, and AWS does not say which permission is missing',
    run: failing('refresh', { action: 'DescribeKey' }, error('AccessDeniedException', 'No.')),
  },
  'primary-moved': {
    provoked: 'the primary was moved to a replica Region outside Terraform',
    run: async (lab) => {
      await applied(lab, { 'replica-regions': REPLICA });
      await lab.kms.send(new UpdatePrimaryRegionCommand({ KeyId: lab.keyId(), PrimaryRegion: REPLICA }));
      lab.emulator.clock.advance(600_000);
      await lab.plan();
    },
  },
  'state-of-newer-provider': {
    provoked: 'the state was written by a provider with a newer form of it',
    run: async (lab) => {
      await applied(lab);
      const state = await lab.readState();
      await lab.writeObject(
        KEY,
        JSON.stringify(state).replaceAll('"schema_version":0', '"schema_version":9'),
      );
      await lab.plan();
    },
  },
  'plan-stale': {
    provoked: 'another run applied after the plan was made',
    run: async (lab) => {
      await ready(lab);
      await lab.plan();
      const [old, fresh] = [`${lab.workDir}/plan.tfplan`, `${lab.workDir}/kept.tfplan`];
      await writeFile(fresh, await readFile(old));
      await lab.apply();
      await writeFile(old, await readFile(fresh));
      await lab.apply();
    },
  },
  'create-token-expired': {
    provoked: 'the credentials expired before the key was created',
    run: failing('apply', { action: 'CreateKey' }, expired),
  },
  'create-not-allowed': {
    provoked: 'the role may not create keys',
    run: failing('apply', { action: 'CreateKey' }, denied),
  },
  'policy-malformed': {
    provoked: 'KMS does not accept the key policy',
    run: failing(
      'apply',
      { action: 'CreateKey' },
      error('MalformedPolicyDocumentException', 'Policy contains a statement with no principal.'),
    ),
  },
  'policy-unknown-principal': {
    provoked: 'the key policy names a role that does not exist',
    run: failing(
      'apply',
      { action: 'CreateKey' },
      error(
        'MalformedPolicyDocumentException',
        'Policy contains a statement with one or more invalid principals.',
      ),
    ),
  },
  'alias-taken': {
    provoked: 'the alias exists already',
    run: failing(
      'apply',
      { action: 'CreateAlias' },
      error(
        'AlreadyExistsException',
        `An alias with the name arn:aws:kms:${PRIMARY}:999900001111:alias/aws_cb_cmk already exists`,
      ),
    ),
  },
  'replica-exists': {
    provoked: 'the replica exists already: an earlier call made it, and its answer got lost',
    run: async (lab) => {
      await ready(lab, { 'replica-regions': REPLICA });
      await lab.plan();
      lab.fault({ action: 'ReplicateKey', count: 1 }, { type: 'reset', when: 'after' });
      await lab.apply();
    },
  },
  'key-pending-deletion': {
    provoked: 'the key was scheduled for deletion after the plan was made',
    run: async (lab) => {
      await applied(lab);
      await lab.configure({ alias: 'another' });
      await lab.plan();
      await lab.kms.send(new ScheduleKeyDeletionCommand({ KeyId: lab.keyId(), PendingWindowInDays: 7 }));
      await lab.apply();
    },
  },
  'key-in-a-passing-state': {
    provoked: 'KMS is still at work on the key',
    run: failing(
      'apply',
      { action: 'CreateAlias' },
      error('KMSInvalidStateException', `arn:aws:kms:${PRIMARY}:999900001111:key/mrk-1 is creating.`),
    ),
  },
  'state-not-saved': {
    provoked: 'the role may not write the state at the end of apply',
    run: failing('apply', { action: 'PutObject', resource: `*/${KEY}` }, denied),
  },
  'state-not-pushed': {
    provoked: 'nor when the state is pushed again',
    run: async (lab) => {
      Object.assign(lab.env, NO_WAIT);
      await ready(lab);
      await lab.plan();
      lab.fault({ action: 'PutObject', resource: `*/${KEY}` }, denied);
      await lab.apply().catch(() => undefined);
      await lab.terraform.pushState('errored.tfstate');
    },
  },
  'something-else': {
    provoked: 'KMS says something that nobody has heard of',
    run: failing('apply', { action: 'CreateKey' }, error('UnheardOfException', 'This is new.')),
  },
};

const LOCK = JSON.stringify({
  ID: '0a1b2c3d-0000-4000-8000-000000000000',
  Operation: 'OperationTypeApply',
  Info: '',
  Who: 'runner@build-7',
  Version: '1.11.4',
  Created: '2026-01-02T03:04:05.000000000Z',
  Path: `emulator-terraform-state/${KEY}`,
});

function lockFile(version: string, digit: string): string {
  return [
    'provider "registry.terraform.io/hashicorp/aws" {',
    `  version     = "${version}"`,
    `  constraints = "${version}"`,
    `  hashes = ["h1:${digit.repeat(43)}="]`,
    '}',
    '',
  ].join('\n');
}

function foundMirror(): { readonly dir: string; readonly version: string } {
  const mirror = findProviderMirror((version) => version.startsWith('5.'));
  const version = mirror?.versions.at(-1);
  if (mirror === undefined || version === undefined) {
    throw new Error('The fixtures need a mirror with a 5.x of hashicorp/aws.');
  }
  return { dir: mirror.dir, version };
}

interface Recorded {
  readonly args: readonly string[];
  readonly result: ExecResult;
}

/** Terraform as the action runs it, and what its last command ended with. */
function openTerraform(
  workDir: string,
  env: () => Record<string, string>,
): { readonly terraform: Terraform; readonly last: () => Recorded | undefined } {
  const found = findTerraform();
  if (found === undefined) throw new Error('The fixtures need Terraform on PATH.');
  let last: Recorded | undefined;
  const spawn = createExec(new AbortController().signal);
  const terraform = createTerraform({
    path: found.path,
    workDir,
    environment: () => ({
      PATH: process.env['PATH'] ?? '',
      HOME: workDir,
      CHECKPOINT_DISABLE: '1',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env(),
    }),
    exec: async (request) => {
      const result = await spawn(request);
      last = { args: request.args, result };
      return result;
    },
    clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    lockTimeoutSeconds: 0,
    onLine: () => undefined,
    secrets: createRedactor(),
  });
  return { terraform, last: () => last };
}

async function setVariable(workDir: string, name: string, value: unknown): Promise<void> {
  const file = path.join(workDir, 'terraform.tfvars.json');
  const variables = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...variables, [name]: value }));
}

async function openLab(): Promise<Lab & { last(): Recorded | undefined; close(): Promise<void> }> {
  const emulator = await startEmulator();
  const workDir = await mkdtemp(path.join(os.tmpdir(), 'failure-fixtures-'));
  const { dir, version } = foundMirror();
  const client = { endpoint: emulator.url, region: PRIMARY, credentials: credentialsOf(emulator) };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const env: Record<string, string> = {};
  const { terraform, last } = openTerraform(workDir, () => ({ ...emulator.env, ...env }));
  return {
    emulator,
    kms: new KMSClient(client),
    terraform,
    workDir,
    mirror: dir,
    env,
    configure: async (changed = {}) => {
      await prepareConfiguration({
        inputs: read({
          'replica-regions': '',
          'aws-provider-version': version,
          'state-bucket': emulator.bucket,
          'state-key': KEY,
          ...changed,
        }),
        workspace: { workDir, localStateDir: workDir },
        terraformVersion: findTerraform()?.version ?? '',
        moduleDir: path.resolve('terraform'),
        env: { ...emulator.env, ...env },
        log: createLog({ write: () => undefined, toolkit: undefined, colour: false, newToken: () => '' }),
      });
    },
    init: () => terraform.init({ pluginDir: dir }),
    plan: async () => {
      await terraform.plan({});
    },
    apply: async () => {
      await terraform.apply(() => undefined);
    },
    fault: (match, effect) => {
      emulator.faults.add({ match, effect });
    },
    readState: async () => {
      const answer = await s3.send(new GetObjectCommand({ Bucket: emulator.bucket, Key: KEY }));
      return JSON.parse((await answer.Body?.transformToString()) ?? '{}') as Record<string, unknown>;
    },
    writeObject: async (key, text) => {
      await s3.send(new PutObjectCommand({ Bucket: emulator.bucket, Key: key, Body: text }));
    },
    setVariable: (name, value) => setVariable(workDir, name, value),
    keyId: () => emulator.kms.keys(PRIMARY)[0]?.id ?? '',
    last,
    close: async () => {
      await emulator.stop();
      await rm(workDir, { recursive: true, force: true });
    },
  };
}

function credentialsOf({ env }: Emulator): { accessKeyId: string; secretAccessKey: string } {
  return {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
}

async function record(name: string, { provoked, run }: Case): Promise<void> {
  const lab = await openLab();
  try {
    const thrown: unknown = await run(lab).then(
      () => undefined,
      (error: unknown) => error,
    );
    const last = lab.last();
    if (thrown === undefined || last === undefined || last.result.exitCode === 0) {
      throw new Error(`${name}: nothing failed`, { cause: thrown });
    }
    const steady = (text: string): string[] => withoutChance(text, lab).split('\n');
    const failure: RecordedFailure = {
      provoked,
      command: last.args[0] ?? '',
      exitCode: last.result.exitCode,
      stderr: steady(last.result.stderr),
      stdout: steady(last.result.stdout).filter(isOfFailure(last.args)),
    };
    await mkdir(FAILURES_FOLDER, { recursive: true });
    const file = path.join(FAILURES_FOLDER, `${name}.json`);
    await writeFile(file, `${JSON.stringify(failure, undefined, 2)}\n`);
    process.stdout.write(`${name}\n`);
  } finally {
    await lab.close();
  }
}

/** One case that cannot be provoked takes no other's recording with it. */
async function tryToRecord(name: string, each: Case): Promise<void> {
  await record(name, each).catch((thrown: unknown) => {
    process.stderr.write(`${messageOf(thrown)}\n`);
    process.exitCode = 1;
  });
}

/** Of `apply -json` only the errors; of what is printed for people only the blocks of errors matter, and stderr has them. */
const isOfFailure =
  (args: readonly string[]) =>
  (line: string): boolean =>
    args.includes('-json') && line.includes('"type":"diagnostic"');

/** What differs from run to run, and what would name this machine, as fixed stand-ins. */
function withoutChance(text: string, { workDir, mirror, emulator }: Lab): string {
  return text
    .replaceAll(workDir, '/runner/work')
    .replaceAll(mirror, '/runner/mirror')
    .replaceAll(emulator.url, 'http://127.0.0.1:4566')
    .replaceAll(new URL(emulator.url).host, '127.0.0.1:4566')
    .replace(/\bmrk-[0-9a-f]{32}\b/g, `mrk-${'0'.repeat(32)}`)
    .replace(
      /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
      '00000000-0000-4000-8000-000000000000',
    )
    .replace(/\b\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d(\.\d+)?/g, '2026-01-02$103:04:05')
    .replace(/("@timestamp":")[^"]+/g, '$12026-01-02T03:04:05Z')
    .replace(/(Who:\s+)\S+/g, '$1runner@build-7')
    .replace(/127\.0\.0\.1:\d+(?=->)/g, '127.0.0.1:50000');
}

const wanted = process.argv.slice(2);
const chosen = Object.entries(CASES).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const patient = chosen.filter(([, { patient }]) => patient === true);
const waits = Promise.all(patient.map(([name, each]) => tryToRecord(name, each)));
for (const [name, each] of chosen) if (each.patient !== true) await tryToRecord(name, each);
await waits;
