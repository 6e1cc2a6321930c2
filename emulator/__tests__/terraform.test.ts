import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { findProviderMirror, findTerraform, IN_A_HURRY } from '../../__tests__/support/terraform.js';
import { tempFolder } from '../../__tests__/support/temp-folder.js';

// Each command starts a provider process per Region.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const REGIONS = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;
const [PRIMARY, ...REPLICAS] = REGIONS;

const terraform = findTerraform();
const mirror = findProviderMirror((version) => version.startsWith('5.'));
const version = mirror?.versions.at(-1) ?? '';

interface Outcome {
  readonly code: number;
  readonly output: string;
}

let emulator: Emulator;
let folder: string;

function run(args: readonly string[]): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...IN_A_HURRY,
    ...emulator.env,
  };
  const file = terraform?.path ?? 'terraform';
  return new Promise((resolve) => {
    execFile(
      file,
      [...args, '-no-color'],
      { cwd: folder, env, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, output: stdout + stderr });
      },
    );
  });
}

/** The article's key: a primary, a replica and an alias in each Region, a policy that lets other accounts in. */
function configuration(): object {
  const shared = { deletion_window_in_days: 7, tags: { team: 'data' }, policy: '${local.policy}' };
  const aliases = Object.fromEntries(
    REPLICAS.map((region) => [
      region,
      { provider: `aws.${region}`, target_key_id: `\${aws_kms_replica_key.${region}.key_id}` },
    ]),
  );
  const statement = (AWS: unknown, Action: unknown): object => ({
    Effect: 'Allow',
    Principal: { AWS },
    Action,
    Resource: '*',
  });
  return {
    terraform: {
      required_providers: { aws: { source: 'hashicorp/aws', version } },
      backend: {
        s3: {
          bucket: emulator.bucket,
          key: 'article/terraform.tfstate',
          region: PRIMARY,
          use_lockfile: true,
        },
      },
    },
    provider: { aws: [{ region: PRIMARY }, ...REPLICAS.map((region) => ({ alias: region, region }))] },
    data: { aws_caller_identity: { me: {} } },
    locals: {
      policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          statement('arn:aws:iam::${data.aws_caller_identity.me.account_id}:root', 'kms:*'),
          statement(['111122223333', '044455556666'], ['kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey']),
        ],
      }),
    },
    resource: {
      aws_kms_key: {
        primary: {
          ...shared,
          multi_region: true,
          enable_key_rotation: true,
          rotation_period_in_days: 180,
          description: 'one',
        },
      },
      aws_kms_replica_key: Object.fromEntries(
        REPLICAS.map((region) => [
          region,
          {
            ...shared,
            provider: `aws.${region}`,
            primary_key_arn: '${aws_kms_key.primary.arn}',
            description: region,
          },
        ]),
      ),
      aws_kms_alias: Object.fromEntries(
        Object.entries({ [PRIMARY]: { target_key_id: '${aws_kms_key.primary.key_id}' }, ...aliases }).map(
          ([region, alias]) => [region, { ...alias, name: 'alias/aws_cb_cmk' }],
        ),
      ),
    },
  };
}

beforeAll(async () => {
  emulator = await startEmulator({ region: PRIMARY });
  folder = tempFolder('emulator-terraform');
  writeFileSync(path.join(folder, 'main.tf.json'), JSON.stringify(configuration()));
});
afterAll(async () => {
  await emulator.stop();
});

describe('the real provider', () => {
  if (terraform === undefined || mirror === undefined) {
    const missing = terraform === undefined ? 'no Terraform on PATH' : 'no mirror with hashicorp/aws 5.x';
    console.warn(`THE EMULATOR IS NOT TESTED WITH TERRAFORM: there is ${missing}.`);
    test.todo(`applies, plans no changes and destroys (not run: ${missing})`);
    return;
  }
  console.log(`Terraform ${terraform.version}, hashicorp/aws ${version}`);

  test('applies a key in three Regions, then plans no changes', async () => {
    expect(await run(['init', '-input=false', `-plugin-dir=${mirror.dir}`])).toMatchObject({ code: 0 });
    expect(await run(['apply', '-auto-approve', '-input=false'])).toMatchObject({ code: 0 });
    const ids = new Set(REGIONS.flatMap((region) => emulator.kms.keys(region).map(({ id }) => id)));
    expect([...ids]).toEqual([expect.stringMatching(/^mrk-[0-9a-f]{32}$/)]);
    const plan = await run(['plan', '-detailed-exitcode', '-input=false']);
    expect(plan.output).toContain('No changes.');
    expect(plan.code).toBe(0);
  });

  test('keeps its state and lock in the bucket', () => {
    const writes = emulator.calls.find({ service: 's3', action: 'PutObject', status: 200 });
    expect(new Set(writes.map(({ resource }) => resource))).toEqual(
      new Set([
        `${emulator.bucket}/article/terraform.tfstate`,
        `${emulator.bucket}/article/terraform.tfstate.tflock`,
      ]),
    );
    expect([...(emulator.s3.find(emulator.bucket)?.objects.keys() ?? [])]).toEqual([
      'article/terraform.tfstate',
    ]);
  });

  test('destroys the replicas before the primary', async () => {
    expect(await run(['destroy', '-auto-approve', '-input=false'])).toMatchObject({ code: 0 });
    const states = REGIONS.map((region) => emulator.kms.keys(region)[0]?.state);
    expect(states).toEqual(['PendingReplicaDeletion', 'PendingDeletion', 'PendingDeletion']);
    emulator.clock.advanceDays(14);
    expect(emulator.kms.regions()).toEqual([]);
  });

  test('calls nothing that the emulator does not know', () => {
    expect(emulator.calls.all.filter(({ status }) => status === 501)).toEqual([]);
  });
});
