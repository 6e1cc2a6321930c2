import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  findCliConfig,
  namesPluginCache,
  namesProviderInstallation,
  withNetworkMirror,
} from '../../../src/terraform/cli-config.js';

const URL = 'https://mirror.example/providers';
const OURS = `\nprovider_installation {\n  network_mirror {\n    url = "${URL}/"\n  }\n}\n`;

describe('the CLI configuration for a network mirror', () => {
  test('is all of it where the user has none', () => {
    expect(withNetworkMirror('', URL)).toBe(OURS);
  });

  test('repeats every other setting of the user’s, to the letter', () => {
    const before = `# my settings { "
plugin_cache_dir = "/cache" # with a } in a comment
credentials "app.terraform.io" {
  token = "a}\\"b{"
}
/* provider_installation { */`;
    const after = `
host "x.example" { services = { "modules.v1" = "https://x.example/" } } disable_checkpoint = true
text = <<EOT
provider_installation {
EOT
`;
    const user = `${before}
provider_installation {
  dev_overrides { "hashicorp/aws" = "/dev/{" }
  filesystem_mirror {
    path = "/mirror" // }
  }
  direct {}
}${after}`;
    expect(withNetworkMirror(user, URL)).toBe(`${before.slice(0, before.indexOf('\n/*'))}${after}${OURS}`);
  });

  test.each([
    'provider_installation { direct {} }',
    'provider_installation\n{\n  direct {}\n}\n',
    '"provider_installation" {\n  direct {}\n}\n',
    'a = 1\nprovider_installation { direct {} }\nb = [\n1 ]\n',
    'provider_installation { direct {} } provider_installation { direct {} }',
  ])('has one provider_installation, its own: %j', (user) => {
    const made = withNetworkMirror(user, URL);
    expect(made.match(/provider_installation/g)).toHaveLength(1);
    expect(made.endsWith(OURS)).toBe(true);
    expect(namesProviderInstallation(user)).toBe(true);
    for (const kept of ['a = 1', 'b = [\n1 ]']) expect(made.includes(kept)).toBe(user.includes(kept));
  });

  test('is JSON where the user’s is', () => {
    const user = { credentials: { 'a.example': { token: 't' } }, provider_installation: { direct: [{}] } };
    expect(JSON.parse(withNetworkMirror(JSON.stringify(user), URL))).toEqual({
      credentials: user.credentials,
      provider_installation: { network_mirror: [{ url: `${URL}/` }] },
    });
  });
});

test.each([
  ['plugin_cache_dir = "/c"', true],
  ['{"plugin_cache_dir": "/c"}', true],
  ['# plugin_cache_dir = "/c"', false],
  ['credentials "x" {\n  plugin_cache_dir = "/c"\n}', false],
  ['', false],
])('%j names a plug-in cache: %s', (text, names) => {
  expect(namesPluginCache(text)).toBe(names);
});

describe('the user’s CLI configuration', () => {
  const home = path.resolve('/home/me');
  const files: Record<string, string> = {
    [path.join(home, '.terraformrc')]: 'home',
    [path.join(home, 'terraform.rc')]: 'windows',
    [path.resolve('/named')]: 'named',
  };
  const find = (env: Record<string, string>): Promise<unknown> =>
    findCliConfig(env, (file) => Promise.resolve(files[file]));

  test.each<[Record<string, string>, string | undefined]>([
    [{ HOME: home, TF_CLI_CONFIG_FILE: path.resolve('/named') }, 'named'],
    [{ HOME: home, TF_CLI_CONFIG_FILE: path.resolve('/missing') }, 'home'],
    [{ HOME: home }, 'home'],
    [{ HOME: home, APPDATA: home }, 'windows'],
    [{ HOME: '' }, undefined],
    [{}, undefined],
  ])('with %j is %s', async (env, text) => {
    const found = await find(env);
    expect(found === undefined ? undefined : (found as { text: string }).text).toBe(text);
  });
});
