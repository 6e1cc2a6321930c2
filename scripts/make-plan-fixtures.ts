/**
 * Makes the plans in __tests__/golden/plans anew: real ones, by the Terraform on PATH and a real provider, of the
 * bundled module against the emulator. `npx tsx scripts/make-plan-fixtures.ts [NAME…]`; a person reads the difference.
 */

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CancelKeyDeletionCommand,
  EnableKeyCommand,
  GetKeyPolicyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { read } from '../__tests__/support/inputs.js';
import { findProviderMirror, findTerraform } from '../__tests__/support/terraform.js';
import { startEmulator, type Emulator } from '../emulator/index.js';
import { countIds, trimPlan } from './trim-plan.js';
import type { Inputs } from '../src/inputs/inputs.js';
import { renderConfiguration, type ModuleRequest } from '../src/terraform/module.js';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const GOLDEN = path.join(ROOT, '__tests__', 'golden', 'plans');

/** The article's key, with two other accounts. */
const ARTICLE: Inputs = {
  ...read({ 'account-ids': '111122223333, 444455556666', tags: 'team=platform' }),
  description: 'Customer managed key',
  replicaDescription: 'Replica of the customer managed key',
};

const TEN_REGIONS = [
  ...['ap-southeast-2', 'ap-southeast-3', 'ap-northeast-1', 'ap-northeast-2', 'ap-south-1'],
  ...['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'],
];

const CUSTOM_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Root',
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::999900001111:root' },
      Action: 'kms:*',
      Resource: '*',
    },
    {
      Sid: 'OnlyThroughS3',
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:role/reader' },
      Action: ['kms:Decrypt', 'kms:DescribeKey'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': ['s3.ap-southeast-1.amazonaws.com'] } },
    },
  ],
});

/** One Terraform folder with a state of its own, against one emulator. */
class Lab {
  private constructor(
    readonly emulator: Emulator,
    private readonly dir: string,
    private readonly terraformPath: string,
    private readonly mirror: { readonly dir: string; readonly version: string },
  ) {}

  static async open(emulator: Emulator): Promise<Lab> {
    const terraform = findTerraform();
    const mirror = findProviderMirror((version) => version.startsWith('5.'));
    const version = mirror?.versions.at(-1);
    if (terraform === undefined || mirror === undefined || version === undefined) {
      throw new Error('The fixtures need Terraform on PATH and a mirror with a 5.x of hashicorp/aws.');
    }
    const dir = await mkdtemp(path.join(os.tmpdir(), 'plan-fixtures-'));
    return new Lab(emulator, dir, terraform.path, { dir: mirror.dir, version });
  }

  async configure(changed: Partial<ModuleRequest> = {}, extra?: object): Promise<void> {
    await rm(path.join(this.dir, 'modules'), { recursive: true, force: true });
    const files = renderConfiguration({
      ...ARTICLE,
      awsProviderVersion: this.mirror.version,
      backend: { type: 'local', config: { path: path.join(this.dir, 'terraform.tfstate') } },
      ...changed,
    });
    for (const file of files) {
      const target = path.join(this.dir, file.path);
      await mkdir(path.dirname(target), { recursive: true });
      await ('content' in file
        ? writeFile(target, file.content)
        : copyFile(path.join(ROOT, 'terraform', file.copyOf), target));
    }
    await writeFile(path.join(this.dir, 'extra.tf.json'), JSON.stringify(extra ?? {}));
    await this.terraform('init', '-input=false', `-plugin-dir=${this.mirror.dir}`);
  }

  async terraform(...args: string[]): Promise<string> {
    const env = {
      PATH: process.env['PATH'],
      HOME: this.dir,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...this.emulator.env,
    };
    const options = { cwd: this.dir, env, maxBuffer: 256 * 1024 * 1024 };
    return (await promisify(execFile)(this.terraformPath, args, options)).stdout;
  }

  async apply(): Promise<void> {
    await this.terraform('apply', '-input=false', '-auto-approve', '-no-color');
  }

  /** Plans, and keeps the plan as a fixture. */
  async keep(name: string, ...options: string[]): Promise<void> {
    await this.terraform('plan', '-input=false', '-out=plan.tfplan', ...options);
    const plan = JSON.parse(await this.terraform('show', '-json', 'plan.tfplan')) as Record<string, unknown>;
    await writeFile(path.join(GOLDEN, `${name}.json`), `${countIds(JSON.stringify(trimPlan(plan)))}\n`);
    process.stdout.write(`${name}\n`);
  }

  async close(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

interface Scene {
  readonly names: readonly string[];
  play(lab: Lab): Promise<void>;
}

const SCENES: readonly Scene[] = [
  {
    names: ['first-creation'],
    async play(lab) {
      await lab.configure();
      await lab.keep('first-creation');
    },
  },
  {
    names: ['ten-regions'],
    async play(lab) {
      await lab.configure({ replicaRegions: TEN_REGIONS });
      await lab.keep('ten-regions');
    },
  },
  {
    names: ['partly-applied'],
    async play(lab) {
      await lab.configure();
      const removeFault = lab.emulator.faults.add({
        match: { service: 'kms', action: 'CreateAlias', region: 'ap-southeast-3' },
        effect: { type: 'access-denied' },
      });
      await lab.apply().then(
        () => {
          throw new Error('The apply was to fail half-way.');
        },
        () => undefined,
      );
      removeFault();
      await lab.keep('partly-applied');
    },
  },
  {
    names: [
      ...['no-change', 'region-added', 'region-removed', 'account-added', 'account-removed', 'rotation-off'],
      ...['shorter-window', 'custom-policy', 'alias-renamed', 'tags-changed', 'spec-changed'],
    ],
    play: playChanges,
  },
  {
    names: ['primary-moved', 'destroy', 'tainted-replica', 'forgotten', 'import'],
    play: playLives,
  },
  {
    names: ['drift-policy', 'drift-description', 'drift-replica-pending', 'drift-primary-pending'],
    play: playDrift,
  },
];

const CHANGES: Readonly<Record<string, Partial<ModuleRequest>>> = {
  'no-change': {},
  'region-added': { replicaRegions: [...ARTICLE.replicaRegions, 'ap-northeast-1'] },
  'region-removed': { replicaRegions: ['ap-southeast-2'] },
  'account-added': { accountIds: [...ARTICLE.accountIds, '777788889999'] },
  'account-removed': { accountIds: ['111122223333'] },
  'rotation-off': { enableKeyRotation: false },
  'shorter-window': { deletionWindowInDays: 7 },
  'custom-policy': { policy: CUSTOM_POLICY },
  'alias-renamed': { alias: 'payments' },
  'tags-changed': { tags: { team: 'payments', stage: 'production' } },
  'spec-changed': { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC', enableKeyRotation: false },
};

async function playChanges(lab: Lab): Promise<void> {
  await lab.configure();
  await lab.apply();
  for (const [name, changed] of Object.entries(CHANGES)) {
    await lab.configure(changed);
    await lab.keep(name);
  }
}

async function playLives(lab: Lab): Promise<void> {
  await lab.configure();
  await lab.apply();
  // To a Region that has a replica Terraform can't even plan: the refresh ends with "is not a multi-Region primary key".
  await lab.configure({ primaryRegion: 'us-east-1' });
  await lab.keep('primary-moved');
  await lab.configure();
  await lab.keep('destroy', '-destroy');
  const replica = 'module.replica_ap-southeast-2.aws_kms_replica_key.this';
  await lab.terraform('taint', replica);
  await lab.keep('tainted-replica');
  await lab.terraform('untaint', replica);
  await lab.configure({ replicaRegions: ['ap-southeast-2'] }, removed('module.replica_ap-southeast-3'));
  await lab.keep('forgotten');
  const primary = 'module.primary.aws_kms_key.this';
  await lab.terraform('state', 'rm', primary);
  await lab.configure({}, { import: [{ to: primary, id: keyIdOf(lab, 'ap-southeast-1') }] });
  await lab.keep('import');
}

function removed(from: string): object {
  return { removed: [{ from, lifecycle: { destroy: false } }] };
}

function keyIdOf({ emulator }: Lab, region: string): string {
  const [key] = emulator.kms.keys(region);
  if (key === undefined) throw new Error(`There is no key in ${region}.`);
  return key.id;
}

async function playDrift(lab: Lab): Promise<void> {
  await lab.configure();
  await lab.apply();
  const KeyId = keyIdOf(lab, 'ap-southeast-1');
  const [primary, replica] = ['ap-southeast-1', 'ap-southeast-2'].map((region) => clientOf(lab, region));
  if (primary === undefined || replica === undefined) return;
  const { Policy } = await replica.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
  await replica.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy: CUSTOM_POLICY }));
  await lab.keep('drift-policy');
  await replica.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }));
  await primary.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'changed by hand' }));
  await lab.keep('drift-description');
  await primary.send(new UpdateKeyDescriptionCommand({ KeyId, Description: ARTICLE.description }));
  await replica.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  await lab.keep('drift-replica-pending');
  await replica.send(new CancelKeyDeletionCommand({ KeyId }));
  await replica.send(new EnableKeyCommand({ KeyId }));
  await primary.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  await lab.keep('drift-primary-pending');
}

function clientOf({ emulator }: Lab, region: string): KMSClient {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = emulator.env;
  return new KMSClient({ region, endpoint: emulator.url, credentials: { accessKeyId, secretAccessKey } });
}

async function main(wanted: readonly string[]): Promise<void> {
  await mkdir(GOLDEN, { recursive: true });
  const scenes = SCENES.filter(
    ({ names }) => wanted.length === 0 || names.some((name) => wanted.includes(name)),
  );
  for (const scene of scenes) {
    const emulator = await startEmulator();
    const lab = await Lab.open(emulator);
    try {
      await scene.play(lab);
    } finally {
      await lab.close();
      await emulator.stop();
    }
  }
}

await main(process.argv.slice(2));
