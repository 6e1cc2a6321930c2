import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ActionError } from '../../../src/errors.js';
import {
  CLOSED_CLI_CONFIG,
  findCliConfig,
  impliedMirrors,
  networkMirror,
  parseCliConfig,
  writeCliConfig,
  type CliConfig,
} from '../../../src/terraform/cli-config.js';
import { tempFolder } from '../../support/temp-folder.js';

const URL = 'https://mirror.example/providers';
const FILE = '/home/me/.terraformrc';
const parse = (text: string, env: Record<string, string> = {}): CliConfig => parseCliConfig(text, FILE, env);
const rewritten = (text: string): string => {
  const { registries, installation } = parse(text);
  return writeCliConfig(registries, installation);
};

describe('the CLI configuration for init', () => {
  test('takes over credentials, hosts and where providers come from, and nothing else', () => {
    const user = `# my settings { "
plugin_cache_dir = "/cache" # with a } in a comment
plugin_cache_may_break_dependency_lock_file = true
disable_checkpoint = false
providers { aws = "/evil" }
credentials "app.terraform.io" {
  token = "a}\\"b{"
}
/* provider_installation { */
host "x.example" { services = { "modules.v1" = "https://x.example/" } }
credentials_helper "vault" { args = ["--x"] }
provider_installation {
  filesystem_mirror {
    path = "/mirror" // }
    include = ["hashicorp/*"]
    other = "x"
  }
  direct { exclude = ["hashicorp/*"] }
}
unknown "x" {}
`;
    expect(rewritten(user)).toBe(`credentials "app.terraform.io" {
  token = "a}\\"b{"
}
credentials_helper "vault" {
  args = ["--x"]
}
host "x.example" {
  services {
    "modules.v1" = "https://x.example/"
  }
}
provider_installation {
  filesystem_mirror {
    path = "/mirror"
    include = ["hashicorp/*"]
  }
  direct {
    exclude = ["hashicorp/*"]
  }
}
`);
    expect(parse(user).pluginCacheDir).toBe('/cache');
  });

  test.each([
    '{"credentials": {"a.example": {"token": "t"}}, "provider_installation": {"direct": {}}}',
    '{"credentials": [{"a.example": [{"token": "t"}]}], "provider_installation": [{"direct": [{}]}]}',
    'credentials "a.example" { token = "t" } provider_installation { direct {} }',
  ])('reads both forms alike: %s', (text) => {
    expect(rewritten(text)).toBe(
      'credentials "a.example" {\n  token = "t"\n}\nprovider_installation {\n  direct {\n  }\n}\n',
    );
  });

  test('always says where providers come from, as Terraform else prefers folders of the machine', () => {
    expect(rewritten('')).toBe('provider_installation {\n  direct {\n  }\n}\n');
    expect(CLOSED_CLI_CONFIG).toBe(rewritten(''));
  });

  test('has provider-mirror as its only source', () => {
    const { registries } = parse('provider_installation { direct {} }\ncredentials "m" { token = "t" }');
    expect(writeCliConfig(registries, networkMirror(URL))).toBe(
      `credentials "m" {\n  token = "t"\n}\nprovider_installation {\n  network_mirror {\n    url = "${URL}/"\n  }\n}\n`,
    );
  });
});

describe('dev_overrides are refused, with the file that has them', () => {
  const overrides = '"hashicorp/aws" = "/dev/aws"';
  test.each([
    `provider_installation {\n  dev_overrides {\n    ${overrides}\n  }\n  direct {}\n}`,
    `provider_installation {\n  direct {}\n  dev_overrides { ${overrides} }\n}`,
    `provider_installation\n{ "dev_overrides" { ${overrides} } }`,
    `"provider_installation" { dev_overrides = { ${overrides} } }`,
    `provider_installation = { Dev_Overrides = { ${overrides} } }`,
    `provider_installation { direct {} }\nprovider_installation { dev_overrides {} }`,
    'provider_installation "x" { dev_overrides {} }'.replace(' "x"', ' dev_overrides'),
    '{"provider_installation": {"dev_overrides": {"hashicorp/aws": "/dev/aws"}}}',
    '{"provider_installation": [{"direct": {}}, {"dev_overrides": [{"hashicorp/aws": "/dev/aws"}]}]}',
    ' \n{"provider_installation": {"dev_overrides": {}}}',
  ])('%s', (text) => {
    expect(() => parse(text)).toThrow(ActionError);
    expect(() => parse(text)).toThrow(`Terraform's CLI configuration ${FILE} has dev_overrides`);
  });

  test.each([
    '# provider_installation { dev_overrides {} }\n',
    '/* provider_installation { dev_overrides {} } */ provider_installation { direct {} }',
    'provider_installation {\n  // dev_overrides {}\n  direct {}\n}',
    'credentials "dev_overrides" { token = "dev_overrides { }" }',
    'credentials "a" {\n  token = <<EOT\nprovider_installation { dev_overrides {} }\nEOT\n}',
    '{"credentials": {"a": {"token": "dev_overrides"}}}',
    'dev_overrides { "hashicorp/aws" = "/x" }',
  ])('but not where they are none: %s', (text) => {
    expect(rewritten(text)).not.toMatch(/dev_overrides \{\n/);
  });
});

test.each([
  ['provider_installation { oci_mirror {} }', '"oci_mirror", which is none of its methods'],
  ['provider_installation { direct = "x" }', '"direct", which is none of its methods'],
  ['credentials "a" {\n  token = "${file("x")}"\n}', 'line 2'],
  ['credentials "a" {', 'line 1'],
])('what cannot be taken over as it is meant is refused: %s', (text, reason) => {
  expect(() => parse(text)).toThrow(`Terraform's CLI configuration ${FILE} cannot be used: `);
  expect(() => parse(text)).toThrow(reason);
});

test.each([
  'host "registry.terraform.io" { services = { "providers.v1" = "https://evil.example/" } }',
  'host "Registry.Terraform.io" {}',
  '{"host": {"registry.terraform.io": {"services": {"providers.v1": "https://evil.example/"}}}}',
])('another server in the place of the registry is refused: %s', (text) => {
  expect(() => parse(text)).toThrow(`${FILE} has a host block for registry.terraform.io`);
});

test('plugin_cache_dir may have variables in it', () => {
  const { pluginCacheDir } = parse('plugin_cache_dir = "$HOME/a/${X}"', { HOME: '/home/me', X: 'b' });
  expect(pluginCacheDir).toBe('/home/me/a/b');
  expect(parse('# plugin_cache_dir = "/c"').pluginCacheDir).toBeUndefined();
});

describe('the user’s CLI configuration', () => {
  const home = tempFolder('cli-config');
  const file = (...names: string[]): string => path.join(home, ...names);
  const cache = (name: string): string => `plugin_cache_dir = "${name}"`;
  beforeAll(() => {
    mkdirSync(file('.terraform.d'));
    mkdirSync(file('terraform.d'));
    writeFileSync(file('.terraformrc'), cache('home'));
    writeFileSync(file('terraform.rc'), cache('windows'));
    writeFileSync(file('named'), cache('named'));
    writeFileSync(file('.terraform.d', 'b.tfrc'), 'credentials "b" { token = "t" }');
    writeFileSync(file('.terraform.d', 'a.tfrc.json'), '{"credentials": {"a": {"token": "t"}}}');
    writeFileSync(file('.terraform.d', 'c.txt'), 'provider_installation { dev_overrides {} }');
  });

  test.each<[Record<string, string>, string | undefined, number]>([
    [{ HOME: home, TF_CLI_CONFIG_FILE: file('named') }, 'named', 0],
    [{ HOME: home, TERRAFORM_CONFIG: file('named') }, 'named', 0],
    [{ HOME: home, TF_CLI_CONFIG_FILE: path.relative('', file('named')) }, 'named', 0],
    [{ HOME: home, TF_CLI_CONFIG_FILE: file('missing') }, 'home', 2],
    [{ HOME: home }, 'home', 2],
    [{ HOME: home, APPDATA: home }, 'windows', 0],
    [{ HOME: '' }, undefined, 0],
    [{}, undefined, 0],
  ])('with %j is %s, with %d blocks of Terraform’s own folder', async (env, name, blocks) => {
    const config = await findCliConfig(env);
    expect(config.pluginCacheDir).toBe(name);
    expect(config.registries).toHaveLength(blocks);
  });

  test('is refused for what any of its files replaces', async () => {
    writeFileSync(file('.terraform.d', 'z.tfrc'), 'provider_installation { dev_overrides {} }');
    await expect(findCliConfig({ HOME: home })).rejects.toThrow(
      `${file('.terraform.d', 'z.tfrc')} has dev_overrides`,
    );
    const named = await findCliConfig({ HOME: home, TF_CLI_CONFIG_FILE: file('named') });
    expect(named.files).toEqual([file('named')]);
  });
});

test.each([
  [
    'linux',
    { HOME: '/h' },
    [
      '/h/.terraform.d/plugins',
      '/h/.local/share/terraform/plugins',
      '/usr/local/share/terraform/plugins',
      '/usr/share/terraform/plugins',
    ],
  ],
  [
    'linux',
    { HOME: '/h', XDG_DATA_HOME: '/d', XDG_DATA_DIRS: '/s:relative' },
    ['/h/.terraform.d/plugins', '/d/terraform/plugins', '/s/terraform/plugins'],
  ],
  [
    'darwin',
    { HOME: '/h' },
    [
      '/h/.terraform.d/plugins',
      '/h/Library/Application Support/io.terraform/plugins',
      '/Library/Application Support/io.terraform/plugins',
    ],
  ],
])('the folders in which Terraform looks by itself, on %s with %j', (os, env, folders) => {
  expect(impliedMirrors(env, os)).toEqual(folders);
});
