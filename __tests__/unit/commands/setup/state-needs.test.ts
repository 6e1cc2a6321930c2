import { describe, expect, test } from 'vitest';
import type { PhasedTerraform } from '../../../../src/commands/setup/phased-terraform.js';
import {
  findRegionsWithoutProvider,
  planAsTheStateNeeds,
} from '../../../../src/commands/setup/state-needs.js';
import type { SetupFacts } from '../../../../src/terraform/module.js';
import { TerraformError } from '../../../../src/terraform/run.js';

const MISSING = `Provider configuration not present
To work with module.replica_ap-southeast-9.aws_kms_replica_key.this (orphan)
its original provider configuration at
provider["registry.terraform.io/hashicorp/aws"].ap-southeast-9 is required,
but it has been removed.`;

const error = (detail: string): TerraformError =>
  new TerraformError('plan', 1, [{ summary: 'x', detail, address: undefined }]);

/** A Terraform whose plan fails as often as there are errors, and what the configuration was extended by. */
function fake(errors: Error[], providerMode: 'aliases' | 'region' = 'aliases') {
  const extended: SetupFacts[] = [];
  const terraform = {
    plan: () => {
      const next = errors.shift();
      return next === undefined ? Promise.resolve('a plan') : Promise.reject(next);
    },
  } as unknown as PhasedTerraform;
  const extend = (more: SetupFacts): Promise<void> => {
    extended.push(more);
    return Promise.resolve();
  };
  return { terraform: planAsTheStateNeeds(terraform, { providerMode, extend }), extended };
}

describe('a plan', () => {
  test('is made again with a provider for the Region that only the state has', async () => {
    const { terraform, extended } = fake([error(MISSING)]);
    expect(await terraform.plan({})).toBe('a plan');
    expect(extended).toEqual([{ stateRegions: ['ap-southeast-9'] }]);
  });

  test('is not made a third time, nor again for any other failure', async () => {
    await expect(fake([error(MISSING), error(MISSING)]).terraform.plan({})).rejects.toThrow(TerraformError);
    const { terraform, extended } = fake([error('AccessDenied')]);
    await expect(terraform.plan({})).rejects.toThrow(TerraformError);
    expect(extended).toEqual([]);
  });

  test('over a state of provider 6.x is refused by an older one, with the reason', async () => {
    const detail =
      'KMS Replica Key is not a multi-Region replica key\n with module.replica["eu-west-1"].x.this,';
    await expect(fake([error(detail)]).terraform.plan({})).rejects.toThrow(
      'The state was written with provider 6.x',
    );
    await expect(fake([error(detail)], 'region').terraform.plan({})).rejects.toThrow(TerraformError);
  });
});

test('a provider that is missing is found by its alias, once each, and only if that is a Region', () => {
  expect(findRegionsWithoutProvider(`${MISSING}\n${MISSING}`)).toEqual(['ap-southeast-9']);
  expect(findRegionsWithoutProvider(MISSING.replaceAll('ap-southeast-9', 'other'))).toEqual([]);
  expect(findRegionsWithoutProvider('provider["registry.terraform.io/hashicorp/aws"].eu-west-1')).toEqual([]);
});
