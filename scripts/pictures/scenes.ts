/** What the pictures of the documents show: reports on the README's own workflow, and on what a pull request changes in it. */

import { readFileSync } from 'node:fs';
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { parse } from 'yaml';
import type { Emulator } from '../../emulator/index.js';
import { THIRTY_REGIONS } from '../../__tests__/support/report-cases.js';

export interface Scene {
  /** Of `docs/pictures/NAME.md`, its pictures, and the recorded plan. */
  readonly name: string;
  /** What the pull request changes in the workflow. */
  readonly edit: (workflow: string) => string;
  /** True where the key of the README is there, and used. */
  readonly onExistingKey: boolean;
}

/** Every key that is made for a picture has this id. */
export const PICTURED_ID = 'mrk-01641fdcadec421f9ed2665c7d78ef9c';
export const PICTURED_HEAD = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567';

const REPLICAS = 'replica-regions: ap-southeast-2, ap-southeast-3';
const ALIAS = 'alias: aws_cb_cmk';

/** @throws Error where the README has no such line any more */
function replace(workflow: string, line: string, by: string): string {
  if (!workflow.includes(line)) throw new Error(`The README's workflow has no line "${line}".`);
  return workflow.replaceAll(line, by);
}

/** A line more, at the place of the alias. */
const addLines = (workflow: string, ...lines: string[]): string =>
  replace(workflow, ALIAS, [ALIAS, ...lines].join('\n          '));

export const SCENES: readonly Scene[] = [
  { name: 'comment', edit: (workflow) => workflow, onExistingKey: false },
  {
    name: 'access',
    edit: (workflow) =>
      addLines(workflow, 'account-ids: "111122223333"', 'users: arn:aws:iam::999900001111:role/billing'),
    onExistingKey: true,
  },
  {
    name: 'deletion',
    edit: (workflow) =>
      addLines(
        replace(workflow, REPLICAS, 'replica-regions: ap-southeast-2'),
        'allow-destroy: true',
        'confirm-destroy: aws_cb_cmk',
      ),
    onExistingKey: true,
  },
  {
    name: 'thirty-regions',
    edit: (workflow) =>
      replace(
        replace(workflow, REPLICAS, `replica-regions: ${THIRTY_REGIONS.slice(1).join(', ')}`),
        ALIAS,
        'alias: orders',
      ),
    onExistingKey: false,
  },
];

/** The first workflow of the README, as it stands there. */
export function readmeWorkflow(): string {
  const found = /```yaml\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1];
  if (found === undefined) throw new Error('The README has no workflow.');
  return found;
}

/** What the plan job of a workflow gives to the action. */
export function planInputs(workflow: string): Record<string, string> {
  const file = parse(workflow) as {
    jobs: { plan: { steps: readonly { readonly with?: Readonly<Record<string, unknown>> }[] } };
  };
  const inputs = file.jobs.plan.steps.find((step) => step.with !== undefined)?.with ?? {};
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]));
}

/** Encrypts in Singapore, and decrypts in Jakarta. */
export async function useKey({ url, env }: Emulator): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = env;
  const kms = (region: string): KMSClient =>
    new KMSClient({ region, endpoint: url, credentials: { accessKeyId, secretAccessKey } });
  const [singapore, jakarta] = [kms('ap-southeast-1'), kms('ap-southeast-3')];
  const { CiphertextBlob } = await singapore.send(
    new EncryptCommand({ KeyId: PICTURED_ID, Plaintext: Buffer.from('a picture') }),
  );
  await jakarta.send(new DecryptCommand({ KeyId: PICTURED_ID, CiphertextBlob }));
  singapore.destroy();
  jakarta.destroy();
}
