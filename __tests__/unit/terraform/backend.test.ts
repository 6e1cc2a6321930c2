import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/inputs/rules.js';
import { chooseBackend } from '../../../src/terraform/backend.js';
import { renderConfiguration } from '../../../src/terraform/module.js';
import { read } from '../../support/inputs.js';

interface Chosen {
  readonly backend: Backend | undefined;
  readonly warned: readonly string[];
}

function choose(
  changed: Readonly<Record<string, string>>,
  terraformVersion = '1.11.4',
  env: Readonly<Record<string, string>> = {},
): Chosen {
  const warned: string[] = [];
  const backend = chooseBackend({
    inputs: read(changed),
    workspace: { localStateDir: '/temp/state' },
    terraformVersion,
    env,
    log: { warning: (message, { title }) => warned.push(`${title}: ${message}`) },
  });
  return { backend, warned };
}

/** The backend block as it stands in main.tf.json. */
function rendered(changed: Readonly<Record<string, string>>, terraformVersion?: string): unknown {
  const { backend } = choose(changed, terraformVersion);
  const [root] = renderConfiguration({ ...read(changed), backend });
  const text = root !== undefined && 'content' in root ? root.content : 'null';
  return (JSON.parse(text) as { terraform: { backend?: unknown } }).terraform.backend;
}

const BUCKET = { 'state-bucket': 'acme-state' };
const PLACE = {
  bucket: 'acme-state',
  key: 'aws-kms-multi-region-key/aws_cb_cmk.tfstate',
  region: 'ap-southeast-1',
  skip_region_validation: 'true',
};

describe('a state in S3', () => {
  test.each(['1.10.0', '1.11.4', '1.12.0', '2.0.0'])(
    'is locked by S3 itself with Terraform %s',
    (version) => {
      expect(rendered(BUCKET, version)).toEqual({ s3: { ...PLACE, use_lockfile: 'true' } });
      expect(choose(BUCKET, version).warned).toEqual([]);
    },
  );

  test.each(['1.5.0', '1.9.8', '1.10.0-beta1'])(
    'has no lock of its own with Terraform %s, which is said',
    (version) => {
      expect(rendered(BUCKET, version)).toEqual({ s3: PLACE });
      expect(choose(BUCKET, version).warned).toEqual([
        expect.stringContaining('A state without a lock: Terraform'),
      ]);
    },
  );

  test.each(['1.5.0', '1.11.4'])('is locked by a DynamoDB table alone with Terraform %s', (version) => {
    const table = { ...BUCKET, 'backend-config': 'dynamodb_table=locks' };
    expect(rendered(table, version)).toEqual({ s3: { ...PLACE, dynamodb_table: 'locks' } });
    expect(choose(table, version).warned).toEqual([]);
  });

  test.each(['true', 'false'])('is locked as use_lockfile=%s says', (value) => {
    const asked = { ...BUCKET, 'backend-config': `use_lockfile=${value}` };
    expect(rendered(asked)).toEqual({ s3: { ...PLACE, use_lockfile: value } });
  });

  test('has nested settings as objects', () => {
    const nested = {
      backend: 's3',
      'backend-config':
        'bucket=b-b\nkey=k\nregion=eu-west-1\nendpoints.s3=https://s3.example\nassume_role={"role_arn":"arn:${x}"}',
    };
    expect(rendered(nested)).toEqual({
      s3: {
        bucket: 'b-b',
        key: 'k',
        region: 'eu-west-1',
        endpoints: { s3: 'https://s3.example' },
        assume_role: { role_arn: 'arn:${x}' },
        skip_region_validation: 'true',
        use_lockfile: 'true',
      },
    });
  });
});

describe('another backend', () => {
  test('gets no setting of S3', () => {
    expect(rendered({ backend: 'gcs', 'backend-config': 'bucket=b-b' })).toEqual({
      gcs: { bucket: 'b-b' },
    });
  });

  test('that is local is in the folder that the steps of a job share, with a warning', () => {
    expect(rendered({ backend: 'local' })).toEqual({
      local: { path: '/temp/state/aws_cb_cmk-a3f187bf291b.tfstate' },
    });
    expect(choose({ backend: 'local' }).warned).toEqual([expect.stringContaining('A local state: ')]);
  });
});

describe('without a backend', () => {
  test('a plan shows everything as new, and says so', () => {
    expect(rendered({})).toBeUndefined();
    expect(choose({}).warned).toEqual([expect.stringContaining('A plan without a state: ')]);
  });

  test.each(['apply', 'drift', 'verify', 'destroy'])('%s is refused', (command) => {
    const confirmed = command === 'destroy' ? { 'confirm-destroy': 'aws_cb_cmk' } : {};
    expect(() => choose({ command, ...confirmed })).toThrow(`${command} needs a Terraform state`);
  });
});

describe('the Region of the bucket, which Terraform checks by a list of its own', () => {
  const config = (region: string, more = ''): unknown =>
    choose({ ...BUCKET, 'state-region': region, 'backend-config': more }).backend?.config[
      'skip_region_validation'
    ];

  // Tried: Terraform 1.11.4 refuses all but the first.
  test.each([
    'ap-southeast-1',
    'eusc-de-east-1',
    'us-isob-west-1',
    'ap-east-2',
    'ap-southeast-6',
    'ap-southeast-9',
  ])('%s is not checked', (region) => {
    expect(config(region)).toBe('true');
  });

  test('is checked where the user says so', () => {
    expect(config('ap-east-2', 'skip_region_validation=false')).toBe('false');
  });

  test('that is local is another file for each alias, also where file names are short or of one case', () => {
    const aliases = ['shop/orders', 'shop/invoices', 'Shop/Orders', 'a'.repeat(249), 'a'.repeat(250)];
    const files = aliases.map((alias) => {
      const place = choose({ backend: 'local', alias }).backend?.config['path'];
      return typeof place === 'string' ? place : '';
    });
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(files.length);
    for (const file of files) expect(file).toMatch(/^\/temp\/state\/[\w.-]{1,120}$/);
  });

  test('that is local keeps the path of backend-config', () => {
    const local = { backend: 'local', 'backend-config': 'path=/data/one.tfstate' };
    expect(rendered(local)).toEqual({ local: { path: '/data/one.tfstate' } });
  });
});

describe('endpoints that the environment names', () => {
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' };
  const config = (version: string, more = ''): unknown =>
    choose({ ...BUCKET, 'backend-config': more }, version, env).backend?.config;

  test.each(['1.6.0', '1.11.4'])('are read by Terraform %s itself', (version) => {
    expect(Object.keys(config(version) as object).filter((name) => name.includes('endpoint'))).toEqual([]);
  });

  test('are set for one that does not read them, each under its old name', () => {
    expect(config('1.5.7')).toMatchObject({
      endpoint: 'http://127.0.0.1:9000',
      sts_endpoint: 'http://127.0.0.1:4566',
      iam_endpoint: 'http://127.0.0.1:4566',
      dynamodb_endpoint: 'http://127.0.0.1:4566',
    });
  });

  test('give way to those of backend-config', () => {
    expect(config('1.5.7', 'endpoint=http://127.0.0.1:1')).toMatchObject({
      endpoint: 'http://127.0.0.1:1',
      sts_endpoint: 'http://127.0.0.1:4566',
    });
  });
});
