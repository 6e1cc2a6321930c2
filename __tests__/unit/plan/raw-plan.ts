/** Plans as `terraform show -json` prints them: the real ones of the golden folder, and small ones made here. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPlanModel } from '../../../src/plan/model.js';
import type { PlanModel } from '../../../src/plan/types.js';

const GOLDEN = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'golden', 'plans');

export type Json = Record<string, unknown>;

/** The JSON of a plan made by `scripts/make-plan-fixtures.ts`. */
export function goldenPlan(name: string): Json {
  return JSON.parse(readFileSync(path.join(GOLDEN, `${name}.json`), 'utf8')) as Json;
}

export function goldenModel(name: string): PlanModel {
  return buildPlanModel(goldenPlan(name));
}

export const ACCOUNT = '999900001111';
export const KEY_ID = 'mrk-01641fdcadec421f9ed2665c7d78ef9c';
export const PRIMARY = 'ap-southeast-1';
export const REPLICA = 'ap-southeast-2';

export const root = (account: string): string => `arn:aws:iam::${account}:root`;

export function statement(changed: Json = {}): Json {
  return { Effect: 'Allow', Principal: { AWS: root(ACCOUNT) }, Action: 'kms:*', Resource: '*', ...changed };
}

export function policyOf(...statements: Json[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export const ROOT_POLICY = policyOf(statement());

/** What a key is in the state or will be; `changed` on top. */
export function keyValues(region: string, changed: Json = {}): Json {
  return {
    arn: `arn:aws:kms:${region}:${ACCOUNT}:key/${KEY_ID}`,
    key_id: KEY_ID,
    description: 'A key',
    deletion_window_in_days: 30,
    policy: ROOT_POLICY,
    tags: { team: 'platform' },
    ...changed,
  };
}

export function primaryValues(changed: Json = {}): Json {
  return keyValues(PRIMARY, {
    customer_master_key_spec: 'SYMMETRIC_DEFAULT',
    key_usage: 'ENCRYPT_DECRYPT',
    enable_key_rotation: true,
    is_enabled: true,
    multi_region: true,
    ...changed,
  });
}

export function replicaValues(changed: Json = {}, region = REPLICA): Json {
  const primary_key_arn = `arn:aws:kms:${PRIMARY}:${ACCOUNT}:key/${KEY_ID}`;
  return keyValues(region, { enabled: true, primary_key_arn, ...changed });
}

export interface RawChange {
  readonly actions: string[];
  readonly before?: Json | null;
  readonly after?: Json | null;
  readonly unknown?: Json;
  readonly change?: Json;
  readonly resource?: Json;
}

export function primaryChange(raw: RawChange): Json {
  return resourceChange('module.primary.aws_kms_key.this', raw);
}

export function replicaChange(raw: RawChange, region = REPLICA): Json {
  return resourceChange(`module.replica_${region}.aws_kms_replica_key.this`, raw);
}

export function aliasChange(raw: RawChange, module = 'primary'): Json {
  return resourceChange(`module.${module}.aws_kms_alias.this`, raw);
}

export function resourceChange(address: string, raw: RawChange): Json {
  return {
    address,
    mode: 'managed',
    type: /\b(aws_\w+)\./.exec(address)?.[1] ?? 'aws_other',
    name: 'this',
    provider_name: 'registry.terraform.io/hashicorp/aws',
    ...raw.resource,
    change: {
      actions: raw.actions,
      before: raw.before ?? null,
      after: raw.after ?? null,
      after_unknown: raw.unknown ?? {},
      before_sensitive: {},
      after_sensitive: {},
      ...raw.change,
    },
  };
}

/** A whole plan with these changes, in the account of the tests, its providers as the renderer names them. */
export function planOf(resource_changes: Json[], changed: Json = {}): Json {
  return {
    format_version: '1.2',
    terraform_version: '1.11.4',
    planned_values: { outputs: { account_id: { sensitive: false, value: ACCOUNT } } },
    resource_changes,
    configuration: { provider_config: {}, root_module: {} },
    complete: true,
    errored: false,
    ...changed,
  };
}

export function modelOf(resource_changes: Json[], changed: Json = {}): PlanModel {
  return buildPlanModel(planOf(resource_changes, changed));
}

/** A primary and a replica that stay as they are, the primary with this policy. */
export function updatePolicy(before: string, after: string): PlanModel {
  return modelOf([
    primaryChange({
      actions: ['update'],
      before: primaryValues({ policy: before }),
      after: primaryValues({ policy: after }),
    }),
  ]);
}
