import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { clearWorkspace, type Workspace } from '../../../src/runner/workspace.js';
import { tempFolder } from '../../support/temp-folder.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = { workDir: tempFolder('work'), localStateDir: tempFolder('state') };
  for (const folder of ['.terraform/providers', 'modules', 'copy-1', 'terraform'])
    await mkdir(path.join(workspace.workDir, folder), { recursive: true });
  await put(
    ...['.terraform/terraform.tfstate', 'main.tf.json', 'terraform.tfvars.json', '.terraform.lock.hcl'],
    ...[
      'plan.tfplan',
      'plan.json',
      'plan.txt',
      'cli-config.tfrc',
      'backend-secrets.json',
      'terraform.lock.hcl',
    ],
    ...['copy-1/terraform.tfstate', 'terraform.zip'],
  );
});

async function put(...files: string[]): Promise<void> {
  await Promise.all(files.map((file) => writeFile(path.join(workspace.workDir, file), 'x')));
}

const left = async (): Promise<string[]> => (await readdir(workspace.workDir)).sort();

describe('at the end of a run', () => {
  test.each([true, false])(
    'only what later steps use is left: secrets in the backend: %j',
    async (holdsSecrets) => {
      await clearWorkspace(workspace, holdsSecrets);
      expect(await left()).toEqual(['plan.json', 'plan.txt', 'terraform.lock.hcl']);
    },
  );

  test.each([
    [true, ['providers']],
    [false, ['providers', 'terraform.tfstate']],
  ])(
    'a state that could not be saved is left with what pushes it, without secrets: %j',
    async (holdsSecrets, data) => {
      await put('errored.tfstate');
      await clearWorkspace(workspace, holdsSecrets);
      expect(await left()).toEqual(
        [
          ...['.terraform', '.terraform.lock.hcl', 'errored.tfstate', 'main.tf.json', 'modules'],
          ...['plan.json', 'plan.txt', 'terraform.lock.hcl', 'terraform.tfvars.json'],
        ].sort(),
      );
      expect((await readdir(path.join(workspace.workDir, '.terraform'))).sort()).toEqual(data);
    },
  );
});
