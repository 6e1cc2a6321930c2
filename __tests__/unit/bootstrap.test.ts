/** bootstrap/template.yml makes what docs/iam.md describes, and nothing else. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resolveTemplate, type Parameters } from '../support/cloudformation.js';

const TEMPLATE = 'bootstrap/template.yml';
const DOCUMENT = readFileSync('docs/iam.md', 'utf8');

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

interface Statement {
  readonly Sid?: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The names that docs/iam.md uses. */
const NAMES: Parameters = {
  Owner: 'acme',
  OwnerId: '1234567',
  Repository: 'platform',
  RepositoryId: '7654321',
  Alias: 'aws_cb_cmk',
  ReplicaRegions: ['ap-southeast-2', 'ap-southeast-3'],
  StateBucket: 'acme-terraform-state',
};

const PROVIDER = 'arn:aws:iam::999900001111:oidc-provider/token.actions.githubusercontent.com';
const ATTRIBUTES = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': '999900001111',
  'AWS::Region': 'ap-southeast-1',
  IdentityProvider: PROVIDER,
  State: 'acme-terraform-state',
  'PlanRole.Arn': 'arn:aws:iam::999900001111:role/kms-plan',
  'ApplyRole.Arn': 'arn:aws:iam::999900001111:role/kms-apply',
};

function resolve(parameters: Parameters = {}): ReturnType<typeof resolveTemplate> {
  return resolveTemplate(TEMPLATE, { ...NAMES, ...parameters }, ATTRIBUTES);
}

function documented(name: string): Policy {
  const found = new RegExp(`<!-- policy: ${name} -->\\s+\`\`\`json\\n([\\s\\S]*?)\\n\`\`\``).exec(DOCUMENT);
  if (found?.[1] === undefined) throw new Error(`docs/iam.md has no policy named ${name}`);
  return JSON.parse(found[1]) as Policy;
}

function propertiesOf(
  resources: ReturnType<typeof resolve>['Resources'],
  name: string,
): Record<string, unknown> {
  const resource = resources[name];
  if (resource === undefined) throw new Error(`The template makes no ${name}.`);
  return resource.Properties;
}

function rolePolicy(parameters: Parameters, role: string): unknown {
  const policies = propertiesOf(resolve(parameters).Resources, role)['Policies'] as {
    PolicyDocument: unknown;
  }[];
  return policies[0]?.PolicyDocument;
}

function trustOf(role: string, parameters: Parameters = {}): Policy {
  return propertiesOf(resolve(parameters).Resources, role)['AssumeRolePolicyDocument'] as Policy;
}

const SUBJECT = 'token.actions.githubusercontent.com:sub';

/** The subjects that a trust policy lets in, and the rest of it without them. */
function splitTrust({ Version, Statement }: Policy): { subjects: string[]; rest: unknown } {
  const subjects = Statement.flatMap(({ Condition }) =>
    [Condition?.['StringEquals']?.[SUBJECT] ?? []].flat(),
  );
  const rest = JSON.stringify({ Version, Statement }, (key, value: unknown) =>
    key === SUBJECT ? undefined : value,
  );
  return { subjects, rest: JSON.parse(rest) as unknown };
}

describe('the roles of the template', () => {
  test('may do what docs/iam.md says', () => {
    expect(rolePolicy({}, 'PlanRole')).toEqual(documented('plan'));
    expect(rolePolicy({ AllowDeletion: 'true' }, 'ApplyRole')).toEqual(documented('apply'));
  });

  test('delete no key unless that is asked for', () => {
    const { Version, Statement } = documented('apply');
    expect(rolePolicy({}, 'ApplyRole')).toEqual({
      Version,
      Statement: Statement.filter(({ Sid }) => Sid !== 'DeleteKeys'),
    });
  });

  test.each([
    ['PlanRole', 'plan'],
    ['ApplyRole', 'apply'],
  ])('%s trusts the classic and the immutable subject, and no other', (role, name) => {
    const [made, classic, immutable] = [
      trustOf(role),
      documented(`trust-${name}-classic`),
      documented(`trust-${name}-immutable`),
    ].map(splitTrust);
    expect(made?.rest).toEqual(classic?.rest);
    expect(made?.subjects).toEqual([...(classic?.subjects ?? []), ...(immutable?.subjects ?? [])]);
  });

  test('a second environment is let in beside the first', () => {
    const { subjects } = splitTrust(trustOf('ApplyRole', { SecondEnvironment: 'staging' }));
    expect(subjects).toEqual([
      'repo:acme/platform:environment:production',
      'repo:acme@1234567/platform@7654321:environment:production',
      'repo:acme/platform:environment:staging',
      'repo:acme@1234567/platform@7654321:environment:staging',
    ]);
  });

  test('a merge queue may plan, for the branch alone, and not apply', () => {
    const plan = trustOf('PlanRole', { MergeQueue: 'true' });
    expect(plan.Statement[1]?.Condition).toEqual({
      StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
      StringLike: {
        [SUBJECT]: [
          'repo:acme/platform:ref:refs/heads/gh-readonly-queue/main/*',
          'repo:acme@1234567/platform@7654321:ref:refs/heads/gh-readonly-queue/main/*',
        ],
      },
    });
    expect(plan.Statement).toHaveLength(2);
    expect(trustOf('ApplyRole', { MergeQueue: 'true' }).Statement).toHaveLength(1);
  });
});

describe('the identity provider', () => {
  test('is created, and outlives the stack', () => {
    expect(resolve().Resources['IdentityProvider']).toMatchObject({
      Type: 'AWS::IAM::OIDCProvider',
      DeletionPolicy: 'Retain',
      Properties: { Url: 'https://token.actions.githubusercontent.com', ClientIdList: ['sts.amazonaws.com'] },
    });
  });

  test('that the account has already is taken', () => {
    const existing = { ExistingIdentityProvider: PROVIDER };
    expect(resolve(existing).Resources).not.toHaveProperty('IdentityProvider');
    expect(trustOf('PlanRole', existing).Statement[0]).toMatchObject({ Principal: { Federated: PROVIDER } });
  });
});

describe('the bucket of the state', () => {
  const { Resources } = resolve();

  test('has the policy of docs/iam.md', () => {
    expect(propertiesOf(Resources, 'StatePolicy')['PolicyDocument']).toEqual(documented('state-bucket'));
  });

  test('is versioned, encrypted, private, and outlives the stack', () => {
    expect(Resources['State']).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        BucketName: 'acme-terraform-state',
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
    });
  });
});

test('the outputs are the lines of the workflow, with names that the action has', () => {
  const { Outputs } = resolve();
  expect(Outputs['ApplyInputs']?.Value).toBe(
    [
      'role-to-assume: arn:aws:iam::999900001111:role/kms-apply',
      "allowed-account-ids: '999900001111'",
      'state-bucket: acme-terraform-state',
      'state-region: ap-southeast-1',
    ].join('\n'),
  );
  const inputs = readFileSync('action.yml', 'utf8');
  const names = Object.values(Outputs).flatMap(({ Value }) => String(Value).match(/^[\w-]+(?=:)/gm) ?? []);
  for (const name of names) expect(inputs).toContain(`\n  ${name}:\n`);
});

test('the template holds no YAML anchor, which CloudFormation refuses', () => {
  expect(readFileSync(TEMPLATE, 'utf8')).not.toMatch(/(?:^|\s)[&*][a-z_]+(?:\s|$)/m);
});
