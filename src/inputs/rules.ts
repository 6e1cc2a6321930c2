/** What inputs say together: rules across them, and values that several of them make. */

import { specAllowsRotation } from '../facts/key-specs.js';
import { partitionOf } from '../facts/regions.js';
import type { BackendSettings, Settings } from './backend-secrets.js';
import { checkSettings } from './backend-settings.js';
import { quote } from './parsers.js';
import type { InputReader } from './reader.js';
import type { Given } from './table.js';
import { findIgnoring } from './tags.js';

/** The settings are as the user gave them and as the action completed them. */
export interface Backend extends BackendSettings {
  readonly type: NonNullable<Given['backend']>;
}

type Approval =
  | { readonly by: 'digest'; readonly digest: string }
  | { readonly by: 'pull-request' }
  | { readonly by: 'auto' }
  | { readonly by: 'nobody' };

/** What several inputs make together. */
export interface Together {
  /** Of the Regions. */
  readonly partition: string;
  /** Undefined when no state was asked for: then only a plan is possible. */
  readonly backend: Backend | undefined;
  readonly approval: Approval;
  /** True for `destroy`, and for its preview, `plan` with `plan-destroy`: what is planned deletes everything. */
  readonly destroys: boolean;
  /** True when `allow-destroy` and a right `confirm-destroy` were given, or `destroy` was confirmed; and for its preview. */
  readonly deletionConfirmed: boolean;
}

/** All that a step's own inputs say, one by one and together. */
export type StepInputs = Omit<Given, keyof Together> & Together;

/** Holds the inputs against each other; what does not go together becomes a problem of one of them. */
export function checkRules(reader: InputReader, given: Given): void {
  checkRegions(reader, given);
  checkRename(reader, given);
  checkPolicy(reader);
  checkTags(reader, given);
  checkRotation(reader, given);
  if (given.verify === 'off' && given.command === 'verify')
    reader.problem('verify', 'with the command verify, off would leave nothing to do');
}

/** Makes what takes several inputs. @returns values of which a wrong one has been noted as a problem */
export function readTogether(reader: InputReader, given: Given): Together {
  return {
    partition: reader.around.partition,
    backend: readBackend(reader, given),
    approval: readApproval(reader, given),
    ...readDeletion(reader, given),
  };
}

function checkRegions(reader: InputReader, { primaryRegion, replicaRegions }: Given): void {
  if (primaryRegion === '') return;
  if (replicaRegions.includes(primaryRegion)) {
    reader.problem(
      'replica-regions',
      `${quote(primaryRegion)} is the primary Region and cannot have a replica too`,
    );
  }
  const { partition } = reader.around;
  for (const region of replicaRegions.filter((each) => partitionOf(each) !== partition)) {
    reader.problem(
      'replica-regions',
      `${quote(region)} is in the partition ${partitionOf(region) ?? 'unknown'}, the primary Region in ${partition}, and a multi-Region key cannot leave its partition`,
    );
  }
}

function checkRename(reader: InputReader, { alias, renameAliasFrom }: Given): void {
  if (renameAliasFrom === undefined) return;
  if (renameAliasFrom === alias)
    reader.problem('rename-alias-from', `${quote(alias)} is the alias itself, so nothing would be renamed`);
  requirePlaceOfState(reader, renameAliasFrom);
}

/** Where nothing else is said, the place of a state has the alias in its name: by another alias it would be another state. */
function requirePlaceOfState(reader: InputReader, from: string): void {
  const byAlias = (place: string): string =>
    `it does not say where that key's state is, and the default has the alias in its name: set ${place}`;
  if (reader.text('state-bucket') !== '' && reader.text('state-key') === '') {
    reader.problem('rename-alias-from', byAlias(`state-key: ${defaultStateKey(from)}, and keep it`));
  }
  if (reader.text('backend').trim() === 'local' && !/^\s*path\s*=/m.test(reader.text('backend-config'))) {
    reader.problem('rename-alias-from', byAlias('backend-config: path=…, in every run'));
  }
}

/** The name of a state whose alias is its own: no two aliases have one name, as no alias has a dot. */
function defaultStateKey(alias: string): string {
  return `aws-kms-multi-region-key/${alias}.tfstate`;
}

function checkPolicy(reader: InputReader): void {
  if (reader.text('policy') === '') return;
  for (const name of ['account-ids', 'administrators', 'users'] as const) {
    if (reader.text(name) === '') continue;
    reader.problem(
      'policy',
      `it replaces the whole key policy, so ${name} would have no effect: remove one of the two`,
    );
  }
}

/** A tag that is both set and left to others would be put on at every plan, as the provider never sees it. */
function checkTags(reader: InputReader, { tags, ignoreTags }: Given): void {
  for (const key of Object.keys(tags)) {
    const entry = findIgnoring(ignoreTags, key);
    if (entry !== undefined)
      reader.problem(
        'ignore-tags',
        `${quote(entry)} leaves to others the tag ${quote(key)}, which tags sets`,
      );
  }
}

function checkRotation(
  reader: InputReader,
  { keySpec, enableKeyRotation, rotationPeriodInDays }: Given,
): void {
  if (enableKeyRotation && !specAllowsRotation(keySpec)) {
    reader.problem(
      'enable-key-rotation',
      `true does not go with ${keySpec}, whose material AWS does not rotate`,
    );
  }
  if (rotationPeriodInDays !== undefined && !enableKeyRotation) {
    reader.problem('rotation-period-in-days', `${rotationPeriodInDays} has no effect while rotation is off`);
  }
}

function readBackend(reader: InputReader, given: Given): Backend | undefined {
  const { stateBucket: bucket, backend: type, backendConfig: config } = given;
  if (bucket !== undefined && reader.text('backend') !== '')
    reader.problem('backend', 'state-bucket already chooses the S3 backend: remove one of the two');
  // Settings that could not be read are told as such, and not as missing.
  const isRead = reader.text('backend-config') === '' || Object.keys(config).length > 0;
  checkSettings(reader, isRead && bucket === undefined ? type : undefined, config);
  if (bucket !== undefined) return { type: 's3', config: readS3(reader, bucket, given) };
  if (type === undefined && Object.keys(config).length > 0)
    reader.problem('backend-config', 'there is no backend for these settings');
  for (const name of ['state-key', 'state-region'] as const)
    if (reader.text(name) !== '') reader.problem(name, 'there is no state-bucket');
  return type === undefined ? undefined : { type, config };
}

function readS3(
  reader: InputReader,
  bucket: string,
  { stateKey, stateRegion, backendConfig }: Given,
): Settings {
  const { alias, primaryRegion } = reader.around;
  const own = { bucket, key: stateKey ?? defaultStateKey(alias), region: stateRegion ?? primaryRegion };
  for (const name of Object.keys(own).filter((each) => each in backendConfig))
    reader.problem('backend-config', `${quote(name)} is said by an input of its own already`);
  return { ...own, ...backendConfig };
}

function readApproval(reader: InputReader, { autoApprove, approvedPlan, command }: Given): Approval {
  if (autoApprove && approvedPlan !== undefined) {
    reader.problem(
      'approved-plan',
      'auto-approve is true, so nothing would be compared with it: remove one of the two',
    );
  }
  if (approvedPlan === 'pull-request' && command === 'destroy') {
    reader.problem(
      'approved-plan',
      'a pull request shows what `apply` will do, and nothing of `destroy`: give the digest of `plan` with `plan-destroy: true`',
    );
  }
  if (approvedPlan === 'pull-request') return { by: 'pull-request' };
  if (approvedPlan !== undefined) return { by: 'digest', digest: approvedPlan };
  return autoApprove ? { by: 'auto' } : { by: 'nobody' };
}

function readDeletion(reader: InputReader, given: Given): Pick<Together, 'destroys' | 'deletionConfirmed'> {
  const { command, allowDestroy, planDestroy, confirmDestroy } = given;
  // As given: one that is wrong is no other alias than the one that confirms it.
  const { alias } = reader.around;
  const destroys = command === 'destroy';
  if (planDestroy && command !== 'plan')
    reader.problem('plan-destroy', `it is the preview of destroy, and the command is ${quote(command)}`);
  const why = whyNotConfirmed(given, alias);
  if (why !== undefined) reader.problem('confirm-destroy', why);
  const isConfirmed = confirmDestroy === alias && alias !== '' && (allowDestroy || destroys);
  // A preview changes nothing; the `destroy` that follows it has to be confirmed.
  return { destroys: destroys || planDestroy, deletionConfirmed: isConfirmed || planDestroy };
}

function whyNotConfirmed(
  { command, allowDestroy, confirmDestroy }: Given,
  alias: string,
): string | undefined {
  if (confirmDestroy === alias && alias !== '') return undefined;
  if (confirmDestroy !== '') return `${quote(confirmDestroy)} is not the alias ${quote(alias)}`;
  if (command === 'destroy')
    return 'the command destroy deletes every key of the alias, and nothing confirms it';
  return allowDestroy ? 'allow-destroy is true, and nothing confirms which key it is for' : undefined;
}
