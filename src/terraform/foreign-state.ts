import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ActionError, type Explanation } from '../errors.js';
import { RIGHT_PLACE, someOf } from '../guard/ownership.js';
import { isForeignAddress } from './addresses.js';
import type { Diagnostic } from './events.js';

/** As Terraform writes the one provider that this action's configuration asks for. */
const OWN_PROVIDER = /^(?:registry\.terraform\.io\/)?hashicorp\/aws$/;

const PROVIDER_SAID =
  /(?:for\s+(?:the\s+)?provider|provider\s+registry\s+for|error\s+while\s+installing)\s+((?:[\w.-]+\/)?[\w-]+\/[\w-]+)/gi;

/** Where Terraform's errors name a resource in their text: an orphan, one without a schema, one of a newer provider. */
const ADDRESS_SAID =
  /(?:To\s+work\s+with|no\s+schema\s+available\s+for|current\s+state\s+of)\s+((?:module\.\S+\.)?(?:data\.)?\w+\.[\w-]+(?:\[[^\]]*\])?)/g;

/**
 * Whether a command failed over what the state holds and this action's configuration does not: a resource of another
 * provider, one whose provider is configured elsewhere, one that these credentials may not even read.
 * @returns the three parts without what was done; undefined when it failed over something else
 */
export function explainForeignState(
  diagnostics: readonly Diagnostic[],
): Omit<Explanation, 'done'> | undefined {
  const text = diagnostics.map(({ summary, detail }) => `${summary}\n${detail}`).join('\n');
  const addresses = [
    ...diagnostics.flatMap(({ address }) => address ?? []),
    ...[...text.matchAll(ADDRESS_SAID)].flatMap(([, address]) => address ?? []),
  ].filter(isForeignAddress);
  if (addresses.length > 0) return sayForeign(addresses);
  const providers = [...text.matchAll(PROVIDER_SAID)].flatMap(([, name]) => name ?? []);
  return sayForeignProviders(providers.filter((name) => !OWN_PROVIDER.test(name)));
}

/**
 * What `init` installs, Terraform runs when it plans, with the credentials of the run. A provider that only the state
 * asks for is none that lock file, mirror or reviewer has vouched for.
 * @throws ActionError when there is one
 */
export async function refuseForeignProviders(workDir: string): Promise<void> {
  const installed = await installedProviders(path.join(workDir, '.terraform', 'providers'));
  const explanation = sayForeignProviders(installed.filter((name) => !OWN_PROVIDER.test(name)));
  if (explanation !== undefined)
    throw new ActionError({ ...explanation, done: 'Nothing was planned or changed.' });
}

/** `HOST/NAMESPACE/TYPE` of each provider in the folder where `init` puts them. */
async function installedProviders(folder: string, depth = 3): Promise<string[]> {
  if (depth === 0) return [''];
  const names = await readdir(folder).catch(() => []);
  const below = await Promise.all(
    names.map(async (name) =>
      (await installedProviders(path.join(folder, name), depth - 1)).map((rest) =>
        rest === '' ? name : `${name}/${rest}`,
      ),
    ),
  );
  return below.flat();
}

function sayForeign(addresses: readonly string[]): Omit<Explanation, 'done'> {
  const named = [...new Set(addresses.map((address) => address.slice(0, 200)))];
  return {
    what: `The state belongs to something else: it holds ${someOf(named)}, which this action's configuration does not have.`,
    next: RIGHT_PLACE,
  };
}

function sayForeignProviders(providers: readonly string[]): Omit<Explanation, 'done'> | undefined {
  if (providers.length === 0) return undefined;
  return {
    what: `The state belongs to something else: it holds resources of the provider ${someOf([...new Set(providers)])}, and this action uses hashicorp/aws alone.`,
    next: RIGHT_PLACE,
  };
}
