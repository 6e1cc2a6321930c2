import { describe, expect, test } from 'vitest';
import {
  describeEvent,
  describePlanLine,
  parseDiagnostics,
  parseEvent,
} from '../../../src/terraform/events.js';
import { planTextOf, TerraformError } from '../../../src/terraform/run.js';
import { explainTerraformError } from '../../../src/terraform/symptoms.js';

describe('what apply tells on its way', () => {
  const hook = (type: string, more: object = {}): string =>
    JSON.stringify({
      '@message': 'm',
      type,
      hook: {
        resource: { addr: 'module.replica_ap-southeast-2.aws_kms_replica_key.this' },
        action: 'create',
        ...more,
      },
    });

  test.each([
    [hook('apply_start'), 'replica key in ap-southeast-2: creating'],
    [hook('apply_progress', { elapsed_seconds: 20 }), 'replica key in ap-southeast-2: still creating, 20 s'],
    [hook('apply_complete'), 'replica key in ap-southeast-2: done creating'],
    [hook('apply_errored'), 'replica key in ap-southeast-2: failed while creating'],
  ])('%s', (line, said) => {
    const event = parseEvent(line);
    expect(event && describeEvent(event, 'us-east-1')).toBe(said);
  });

  test('the outputs come with the last message, so no command is needed for them', () => {
    const line = JSON.stringify({
      '@message': 'Outputs: 1',
      type: 'outputs',
      outputs: { key_id: { value: 'mrk-1', type: 'string' } },
    });
    expect(parseEvent(line)).toMatchObject({ type: 'outputs', outputs: { key_id: 'mrk-1' } });
  });

  test.each(['', 'panic: runtime error', '{"no": "message"}', '[1]'])(
    '%j is not one of its messages',
    (line) => {
      expect(parseEvent(line)).toBeUndefined();
    },
  );
});

test('a line of the refresh names the key and the Region', () => {
  const line = 'module.primary.aws_kms_key.this: Refreshing state... [id=mrk-1]';
  expect(describePlanLine(line, 'us-east-1')).toBe('primary key in us-east-1: looking at AWS');
  expect(describePlanLine('  + description = "Refreshing state..."', 'us-east-1')).toBeUndefined();
});

test('the plan’s text is without progress and without the note on the saved file', () => {
  const printed = [
    'module.primary.aws_kms_key.this: Refreshing state... [id=mrk-1]',
    'module.policy.data.aws_partition.current: Reading...',
    '',
    'Terraform will perform the following actions:',
    '  + description = "a: Reading"',
    '',
    '─────────────',
    '',
    'Saved the plan to: plan.tfplan',
    'To perform exactly these actions, run the following command to apply:',
  ].join('\n');
  expect(planTextOf(printed)).toBe(
    'Terraform will perform the following actions:\n  + description = "a: Reading"\n',
  );
});

test('the errors of a command are told apart, with the resource they are about', () => {
  const printed =
    '╷\n│ Warning: w\n│ \n│ x\n╵\n╷\n│ Error: first\n│ \n│   with module.a.b.c,\n│   on x line 1\n│ \n│ detail 1\n╵\nError: second\n\ndetail 2\n';
  expect(parseDiagnostics(printed)).toMatchObject([
    { summary: 'first', address: 'module.a.b.c' },
    { summary: 'second', detail: 'detail 2', address: undefined },
  ]);
});

describe('a failed command in plain words', () => {
  const kms = (code: string): string =>
    `operation error KMS: CreateAlias, https response error StatusCode: 400, RequestID: x, ${code}: text of AWS`;
  const lock =
    'Error acquiring the state lock\nError message: operation error S3: PutObject, StatusCode: 412\nLock Info:\n  ID:        7c1\n  Path:      b/k\n  Operation: OperationTypeApply\n  Who:       runner@host\n  Version:   1.11.4\n  Created:   2026-11-24 01:02:03.4 +0000 UTC';
  test.each([
    [
      lock,
      'The state is locked by somebody else (runner@host, apply, since 2026-11-24 01:02:03 UTC, lock id 7c1).',
    ],
    [lock, '`aws s3 rm s3://b/k.tflock`, or `terraform force-unlock 7c1` in a folder with the same backend.'],
    [
      'Error acquiring the state lock\nError message: operation error S3: PutObject, StatusCode: 403, api error AccessDenied: User: u is not authorized to perform: s3:PutObject on resource',
      'The credentials are not allowed to s3:PutObject',
    ],
    ['Saved plan is stale', 'Another run changed the state after this plan was made'],
    ['S3: NoSuchBucket: The specified bucket does not exist', 'The state bucket does not exist'],
    [
      'requested bucket from "us-east-1", actual location "eu-west-1"',
      'The state bucket is in another Region (eu-west-1).',
    ],
    [
      "x\nS3: ListObjectsV2, StatusCode: 400, api error AuthorizationHeaderMalformed: the region 'us-east-2' is wrong;\nexpecting 'eu-west-1'",
      'The state bucket is in another Region (eu-west-1).',
    ],
    [kms('ExpiredTokenException'), 'The AWS credentials expired during the run.'],
    [
      'InvalidClientTokenId: The security token included in the request is invalid',
      'AWS does not know these credentials',
    ],
    [
      `creating KMS Alias (alias/a): ${kms('AlreadyExistsException')} arn:aws:kms:eu-west-1:1:alias/a`,
      'The alias alias/a exists already in eu-west-1',
    ],
    [
      kms(
        'MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.',
      ),
      'names a principal that does not exist',
    ],
    [kms('MalformedPolicyDocumentException: x'), 'KMS does not accept the key policy.'],
    [
      kms('KMSInvalidStateException: arn:aws:kms:eu-west-1:1:key/k is pending deletion.'),
      'A key is pending deletion in eu-west-1.',
    ],
    [
      kms('AccessDeniedException: User: u is not authorized to perform: kms:TagResource on'),
      'not allowed to kms:TagResource',
    ],
    [kms('ThrottlingException'), 'AWS throttled the calls'],
    ['No valid credential sources found', 'There are no AWS credentials in this job.'],
    [
      'Failed to query available provider packages',
      'The AWS provider in the version asked for could not be found.',
    ],
    [
      'Failed to query available provider packages\nCould not retrieve the list of available versions for provider hashicorp/aws:\ncould not connect to registry.terraform.io: failed to request discovery\ndocument',
      'The provider registry could not be reached',
    ],
    [
      'Failed to query available provider packages\nlocked provider registry.terraform.io/hashicorp/aws 5.99.0 does not match\nconfigured version constraint 5.100.0',
      'The lock-file has hashicorp/aws 5.99.0, which aws-provider-version does not allow.',
    ],
    [
      "Failed to install provider\nthe local package for registry.terraform.io/hashicorp/aws 5.100.0 doesn't match any of the\nchecksums previously recorded in the dependency lock file",
      'No checksum in the lock file is that of the AWS provider which was found for this platform.',
    ],
    [
      'Failed to install provider\nprovider package doesn\'t match\nthe expected checksum "zh:1"',
      'The AWS provider that was downloaded does not have the checksum',
    ],
    [
      'Failed to query available provider packages\nfailed to query provider mirror https://m.example/ for',
      'The network mirror of provider-mirror did not answer as one.',
    ],
    ['reading KMS Key (mrk-1): is not a multi-Region primary key', 'primary-region was changed'],
    ['Something new', 'terraform apply failed: Something new.'],
  ])('%s', (said, what) => {
    const [summary = '', ...detail] = said.split('\n');
    const error = new TerraformError('apply', 1, [
      { summary, detail: detail.join('\n'), address: undefined },
    ]);
    const explained = explainTerraformError(error, 'Nothing was changed.');
    expect(explained.message).toContain(what);
    expect(explained.message).toContain('Nothing was changed.');
    expect(explained.next).not.toBe('');
  });

  test('what Terraform said cannot become a workflow command or a second line', () => {
    const error = new TerraformError('plan', 1, [
      { summary: '::error::x\n::b', detail: '', address: undefined },
    ]);
    expect(explainTerraformError(error, '').message).not.toMatch(/\n/);
  });
});
