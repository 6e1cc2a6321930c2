/**
 * The provider's waits for a change to be read back: after AWS has taken a policy, tags or a description, the provider reads
 * them until they are what it sent, for ten minutes (terraform-provider-aws, `internal/service/kms`). What AWS keeps in another
 * form, or what somebody else changes at once, is never that.
 */

import type { PlanModel } from '../plan/types.js';
import type { TerraformError } from './run.js';

/** `waiting for KMS Key (mrk-…) policy update: timeout while waiting for state …`, in the words of any version since 3.64. */
export const WAITED_IN_VAIN =
  /\bwaiting\s+for\s+KMS\s+(?:[A-Za-z]+\s+)*Key\s+\(([\w:/-]{1,200})\)\s+(policy|tags?|description|rotation)\s+(?:update|propagation):\s+[^\n]*?(?:timeout\s+while\s+waiting|couldn't\s+find\s+resource)/i;

interface Waited {
  readonly what: string;
  /** The plan's attributes that it is made of. */
  readonly attributes: readonly string[];
  readonly next: string;
}

const POLICY: Waited = {
  what: 'the key policy',
  attributes: ['policy'],
  next: 'Run `plan`: it shows what AWS made of the policy. If the difference is one of form, write it in `policy` as AWS has it, and report it to this action; if somebody else changes the policy, settle with them who does.',
};
const TAGS: Waited = {
  what: 'the tags',
  attributes: ['tags', 'tags_all'],
  next: 'Something else changes tags of the key as soon as it is there: an auto-tagger, AWS Backup, a cost tool. Leave these tags to it with `ignore-tags`, or have it leave this key alone, and run the job again.',
};

/** By what the sign captures. */
const WAITED: Readonly<Record<string, Waited>> = {
  policy: POLICY,
  tag: TAGS,
  tags: TAGS,
  description: {
    what: 'the description',
    attributes: ['description'],
    next: 'Something else changes the description of the key as soon as it is there: settle with whoever runs it, and run the job again.',
  },
  rotation: {
    what: 'the setting of the rotation',
    attributes: ['enable_key_rotation', 'rotation_period_in_days'],
    next: 'Something else changes the rotation of the key as soon as it is there: settle with whoever runs it, and run the job again.',
  },
};

function waitedFor(text: string): Waited | undefined {
  return WAITED[WAITED_IN_VAIN.exec(text)?.[2]?.toLowerCase() ?? ''];
}

/** What was wrong, in one sentence. */
export function explainWait([said, id = '']: RegExpExecArray): string {
  const { what } = waitedFor(said) ?? POLICY;
  return `AWS has taken ${what} of the key ${id}, but what it gives back stayed different from what was sent, until the AWS provider gave up waiting.`;
}

export function adviseOnWait(text: string): string {
  return (waitedFor(text) ?? POLICY).next;
}

/** One wait that came to nothing. */
export interface VainWait {
  readonly address: string;
  readonly attributes: readonly string[];
}

/** The waits that an apply failed of. */
export function findVainWaits({ diagnostics }: Pick<TerraformError, 'diagnostics'>): VainWait[] {
  return diagnostics.flatMap(({ address, summary, detail }) => {
    const waited = waitedFor(`${summary}\n${detail}`);
    return address === undefined || waited === undefined ? [] : [{ address, attributes: waited.attributes }];
  });
}

/** Whether an apply failed of nothing but such waits: AWS has taken all that it was sent, so a new plan tells what is left. */
export function failedOfWaitsAlone(failure: Pick<TerraformError, 'diagnostics'>): boolean {
  return failure.diagnostics.length > 0 && findVainWaits(failure).length === failure.diagnostics.length;
}

/**
 * Whether a plan would send again what was waited for in vain, and wait as long again.
 * @param planned what is left to do
 */
export function waitsAgain(waits: readonly VainWait[], { resources }: Pick<PlanModel, 'resources'>): boolean {
  return resources.some(
    ({ action, address, attributes }) =>
      action === 'update' &&
      waits.some(
        (wait) => wait.address === address && attributes.some(({ name }) => wait.attributes.includes(name)),
      ),
  );
}
