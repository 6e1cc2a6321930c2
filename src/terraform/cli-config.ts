import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../runner/context.js';
import { ActionError, messageOf } from '../errors.js';
import { HclError, parseHcl, writeHcl, type HclItem } from './hcl.js';

/**
 * What this action takes over of a user's CLI configuration. Terraform gets a file made of this and of nothing else, with
 * every command: so nothing can replace the provider that mirror and lock file vouch for.
 */
export interface CliConfig {
  /** Where it was found. */
  readonly files: readonly string[];
  /** `credentials`, `credentials_helper` and `host` blocks, for `init` alone. */
  readonly registries: readonly HclItem[];
  /** Where plug-ins are kept; undefined where it is not said. */
  readonly pluginCacheDir: string | undefined;
  /** The blocks within `provider_installation`; undefined where there is none. */
  readonly installation: readonly HclItem[] | undefined;
}

/**
 * The CLI configuration that Terraform would read (its documentation, "CLI Configuration File", and `cliconfig.go`): the
 * file that TF_CLI_CONFIG_FILE or TERRAFORM_CONFIG names, where it is there; else the one in the home folder, and each
 * `*.tfrc` and `*.tfrc.json` of Terraform's own folder there.
 * @throws ActionError for one that cannot be read, and for one that replaces providers
 */
export async function findCliConfig(env: Environment): Promise<CliConfig> {
  const named = (env['TF_CLI_CONFIG_FILE'] ?? '') || (env['TERRAFORM_CONFIG'] ?? '');
  const ofName = named === '' ? undefined : await readOne(path.resolve(named), env);
  return ofName ?? (await readHome(env));
}

const NOTHING: CliConfig = { files: [], registries: [], pluginCacheDir: undefined, installation: undefined };

async function readHome(env: Environment): Promise<CliConfig> {
  const { APPDATA: onWindows = '', HOME: home = '' } = env;
  if (onWindows === '' && home === '') return NOTHING;
  const [file, folder] =
    onWindows === ''
      ? [path.join(home, '.terraformrc'), path.join(home, '.terraform.d')]
      : [path.join(onWindows, 'terraform.rc'), path.join(onWindows, 'terraform.d')];
  const names = (await listFolder(folder)).filter((name) => /\.tfrc(?:\.json)?$/.test(name)).sort();
  const files = [file, ...names.map((name) => path.join(folder, name))];
  const found = await Promise.all(files.map((each) => readOne(each, env)));
  return found.filter((one) => one !== undefined).reduce(merge, NOTHING);
}

/** The names in a folder; none where it is not there. */
export function listFolder(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

/** As Terraform does: what is said once more in a later file replaces a block of the same name. */
function merge(first: CliConfig, second: CliConfig): CliConfig {
  return {
    files: [...first.files, ...second.files],
    registries: [...first.registries, ...second.registries],
    pluginCacheDir: first.pluginCacheDir ?? second.pluginCacheDir,
    installation: first.installation ?? second.installation,
  };
}

async function readOne(file: string, env: Environment): Promise<CliConfig | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseCliConfig(text, file, env);
}

/**
 * @param file for messages
 * @throws ActionError as `findCliConfig`
 */
export function parseCliConfig(text: string, file: string, env: Environment): CliConfig {
  try {
    const items = parseHcl(text);
    const installations = bodiesOf(items, 'provider_installation');
    const methods = installations.flat().map((method) => readMethod(method, file));
    const cache = items.find(({ keys }) => keys[0] === 'plugin_cache_dir')?.value;
    const pluginCacheDir = cache?.is === 'text' ? expand(cache.text, env) : '';
    const hosts = labelledOf(items, 'host');
    if (hosts.some(({ keys }) => keys[1]?.toLowerCase() === REGISTRY)) throw refuseOtherRegistry(file);
    const made: CliConfig = {
      files: [file],
      registries: [
        ...['credentials', 'credentials_helper'].flatMap((name) => labelledOf(items, name)),
        ...hosts,
      ],
      pluginCacheDir: pluginCacheDir === '' ? undefined : pluginCacheDir,
      installation: installations.length === 0 ? undefined : methods,
    };
    writeHcl([...made.registries, ...methods]); // It can be written again, or is none that we know.
    return made;
  } catch (cause) {
    if (cause instanceof ActionError) throw cause;
    throw new ActionError(
      {
        what: `Terraform's CLI configuration ${file} cannot be used: ${messageOf(cause)}.`,
        done: 'Nothing was installed, planned or changed.',
        next: 'Correct the file, or let TF_CLI_CONFIG_FILE name an empty one for this step.',
      },
      { cause },
    );
  }
}

/** The bodies of every block of a name, whatever its letters' case. */
function bodiesOf(items: readonly HclItem[], name: string): (readonly HclItem[])[] {
  return items.flatMap(({ keys: [key = '', ...labels], value }) => {
    if (key.toLowerCase() !== name || value.is !== 'body') return [];
    return [labels.length === 0 ? value.items : [{ keys: labels, value }]];
  });
}

/** Blocks with one label: `credentials "host" {…}`; JSON has the label as a name within. */
function labelledOf(items: readonly HclItem[], name: string): HclItem[] {
  return items.flatMap(({ keys, value }) => {
    const [key, ...labels] = keys;
    if (key !== name || value.is !== 'body') return [];
    if (labels.length > 0) return [{ keys: [name, ...labels], value }];
    return value.items
      .filter((inner) => inner.value.is === 'body')
      .map((inner) => ({ keys: [name, ...inner.keys], value: inner.value }));
  });
}

/** Each method with what Terraform reads of it. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  direct: ['include', 'exclude'],
  filesystem_mirror: ['path', 'include', 'exclude'],
  network_mirror: ['url', 'include', 'exclude'],
};

function readMethod({ keys: [name = ''], value }: HclItem, file: string): HclItem {
  if (name.toLowerCase() === 'dev_overrides') throw refuseOverrides(file);
  const known = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (known === undefined || value.is !== 'body') {
    throw new HclError(`provider_installation has ${JSON.stringify(name)}, which is none of its methods`);
  }
  const items = value.items.filter(({ keys: [key = ''] }) => known.includes(key));
  return { keys: [name], value: { is: 'body', items } };
}

function refuseOverrides(file: string): ActionError {
  return new ActionError({
    what: `Terraform's CLI configuration ${file} has dev_overrides, by which another program than the AWS provider could run: neither provider-mirror nor lock-file would check it, and it would get the credentials.`,
    done: 'Nothing was installed, planned or changed.',
    next: 'Remove dev_overrides from the file, or let TF_CLI_CONFIG_FILE name an empty one for this step. On a self-hosted runner, find out who wrote it.',
  });
}

/** Where the AWS provider comes from. Terraform takes the keys of its signatures from whoever answers by this name. */
const REGISTRY = 'registry.terraform.io';

function refuseOtherRegistry(file: string): ActionError {
  return new ActionError({
    what: `Terraform's CLI configuration ${file} has a host block for ${REGISTRY}, by which another server would say which AWS provider is the right one.`,
    done: 'Nothing was installed, planned or changed.',
    next: 'Remove the block, or let TF_CLI_CONFIG_FILE name another file for this step; for a mirror of your own set `provider-mirror`, or `provider_installation` in that file.',
  });
}

/** As Terraform does with this setting: `$NAME` and `${NAME}`. */
function expand(text: string, env: Environment): string {
  const valueOf = (...[, braced, bare]: (string | undefined)[]): string => env[braced ?? bare ?? ''] ?? '';
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, valueOf);
}

/**
 * The file for `init`. It always says where providers come from, because Terraform else looks into folders of the machine
 * for them, and prefers what it finds there to the registry (its documentation, "Implied Local Mirror Directories").
 * @param installation the blocks within `provider_installation`; default: the registry alone
 */
export function writeCliConfig(
  registries: readonly HclItem[],
  installation: readonly HclItem[] = [block('direct', [])],
): string {
  return writeHcl([...registries, block('provider_installation', installation)]);
}

/** The file for every other command: no provider is looked for, and none is replaced. */
export const CLOSED_CLI_CONFIG = writeCliConfig([]);

/** For `provider_installation`: providers come from a network mirror alone. */
export function networkMirror(url: string): readonly HclItem[] {
  // Terraform puts the path of an index straight behind the address.
  return [block('network_mirror', [{ keys: ['url'], value: { is: 'text', text: `${url}/` } }])];
}

function block(name: string, items: readonly HclItem[]): HclItem {
  return { keys: [name], value: { is: 'body', items } };
}

/**
 * Folders of the machine in which Terraform would look for providers by itself, where nothing says where they come from
 * (`provider_source.go`, and the folders of its library `go-userdirs`).
 * @param os Node's name of it
 */
export function impliedMirrors(env: Environment, os: string): string[] {
  const { HOME: home = '', APPDATA: appData = '', PROGRAMDATA: programData = '' } = env;
  if (os === 'win32') {
    return [
      path.join(appData, 'terraform.d', 'plugins'),
      path.join(appData, 'HashiCorp', 'Terraform', 'plugins'),
      path.join(programData, 'HashiCorp', 'Terraform', 'plugins'),
    ];
  }
  const own = path.join(home, '.terraform.d', 'plugins');
  if (os === 'darwin') {
    return [
      own,
      path.join(home, 'Library', 'Application Support', 'io.terraform', 'plugins'),
      '/Library/Application Support/io.terraform/plugins',
    ];
  }
  const data = (env['XDG_DATA_HOME'] ?? '') || path.join(home, '.local', 'share');
  const shared = ((env['XDG_DATA_DIRS'] ?? '') || '/usr/local/share:/usr/share').split(':');
  return [
    own,
    ...[data, ...shared]
      .filter((folder) => path.isAbsolute(folder))
      .map((folder) => path.join(folder, 'terraform', 'plugins')),
  ];
}
