import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readSchema, readUses, snakeCase } from '../../scripts/provider-schema.js';

/** In the form that CDK Terrain generates. */
const DECLARATIONS = `
import * as cdktn from 'cdktn';
export interface ProviderEndpoints {
    /** docs */
    readonly kms?: string;
}
export declare class KmsKey extends cdktn.TerraformResource {
    static readonly tfResourceType = "aws_kms_key";
    get arn(): string;
    private _rotationPeriodInDays?;
    get rotationPeriodInDays(): number;
    set rotationPeriodInDays(value: number);
    get rotationPeriodInDaysInput(): number | undefined;
    get multiRegion(): boolean | cdktn.IResolvable;
    set multiRegion(value: boolean | cdktn.IResolvable);
    get tags(): {
        [key: string]: string;
    };
    set tags(value: {
        [key: string]: string;
    });
    get timeouts(): KmsKeyTimeoutsOutputReference;
    putTimeouts(value: KmsKeyTimeouts): void;
    get endpoints(): ProviderEndpoints[] | cdktn.IResolvable | undefined;
    set endpoints(value: ProviderEndpoints[] | cdktn.IResolvable | undefined);
}
`;

describe('the schema of a provider, read from generated declarations', () => {
  test('has each attribute with its type, and whether it can be set', () => {
    expect(readSchema(DECLARATIONS, 'KmsKey')).toMatchObject({
      arn: { type: 'string', settable: false },
      rotation_period_in_days: { type: 'number', settable: true },
      multi_region: { type: 'bool', settable: true },
      tags: { type: 'map(string)', settable: true },
      timeouts: { type: 'block', settable: true },
      endpoints: { type: 'block', settable: true },
      'endpoints.kms': { type: 'string', settable: true },
    });
  });

  test('is an error for a class that is not there', () => {
    expect(() => readSchema(DECLARATIONS, 'KmsAlias')).toThrow('no class KmsAlias');
  });

  test.each([
    ['arn', 'arn'],
    ['rotationPeriodInDays', 'rotation_period_in_days'],
    ['s3', 's3'],
    ['s3UsePathStyle', 's3_use_path_style'],
  ])('names %s as Terraform does: %s', (name, expected) => {
    expect(snakeCase(name)).toBe(expected);
  });
});

describe('what Terraform code uses of a provider', () => {
  const uses = (file: string): string[] =>
    readUses(readFileSync(`terraform/modules/${file}`, 'utf8')).map(
      ({ of, name, how }) => `${how} ${of}.${name}`,
    );

  test('is every argument that it sets, and every attribute that it refers to', () => {
    expect(uses('primary/main.tf')).toEqual([
      ...['description', 'multi_region', 'customer_master_key_spec', 'key_usage', 'enable_key_rotation'].map(
        (name) => `argument aws_kms_key.${name}`,
      ),
      ...['deletion_window_in_days', 'policy', 'tags'].map((name) => `argument aws_kms_key.${name}`),
      'argument aws_kms_alias.name',
      'argument aws_kms_alias.target_key_id',
      'attribute aws_kms_key.key_id',
    ]);
  });

  test('is read from override files, outputs and data sources, too', () => {
    expect(uses('primary/provider-6/region_override.tf')).toEqual([
      'argument aws_kms_key.region',
      'argument aws_kms_alias.region',
    ]);
    expect(uses('replica/outputs.tf')).toContain('attribute aws_kms_replica_key.arn');
    expect(uses('key-policy/main.tf')).toEqual([
      'attribute data.aws_caller_identity.account_id',
      'attribute data.aws_partition.partition',
    ]);
  });
});
