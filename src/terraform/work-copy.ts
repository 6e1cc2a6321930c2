import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE } from './lock-file.js';

/** What is copied: the configuration, as `renderConfiguration` names its files, and the provider that was chosen. */
const COPIED = ['terraform.tfvars.json', 'modules', LOCK_FILE];

/**
 * A copy of an initialised working folder whose state is a file in it, so that whatever is done there reaches no backend.
 * It needs no `init`: without a backend in the configuration Terraform keeps its state beside it, and modules and
 * providers are those of the original.
 * @param state the state as `terraform state pull` printed it
 * @returns the copy, a folder inside the original
 */
export async function copyWorkFolder(workDir: string, state: string): Promise<string> {
  const copy = await mkdtemp(path.join(workDir, 'copy-'));
  await Promise.all([
    ...COPIED.map((name) => cp(path.join(workDir, name), path.join(copy, name), { recursive: true })),
    writeFile(
      path.join(copy, 'main.tf.json'),
      withoutBackend(await readFile(path.join(workDir, 'main.tf.json'), 'utf8')),
    ),
    writeFile(path.join(copy, 'terraform.tfstate'), state, { mode: 0o600 }),
    linkData(path.join(workDir, '.terraform'), path.join(copy, '.terraform')),
  ]);
  return copy;
}

/** All of Terraform's own folder but its record of the backend. A junction is what Windows allows everybody. */
async function linkData(from: string, to: string): Promise<void> {
  await mkdir(to);
  const entries = (await readdir(from, { withFileTypes: true })).filter(
    ({ name }) => name !== 'terraform.tfstate',
  );
  await Promise.all(
    entries.map((entry) =>
      entry.isDirectory()
        ? symlink(path.join(from, entry.name), path.join(to, entry.name), 'junction')
        : cp(path.join(from, entry.name), path.join(to, entry.name)),
    ),
  );
}

function withoutBackend(rendered: string): string {
  const { terraform, ...rest } = JSON.parse(rendered) as { terraform: Record<string, unknown> };
  return JSON.stringify({ ...rest, terraform: { ...terraform, backend: undefined } });
}
