import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { regionsOfPartition } from '../../../src/facts/regions.js';
import {
  knowsRotationPeriod,
  renderConfiguration,
  renderProviderChoice,
  replicaModule,
  type ConfigurationFile,
  type ModuleRequest,
} from '../../../src/terraform/module.js';
import { read } from '../../support/inputs.js';

const HOSTILE = '${file("/etc/passwd")} %{ for x in [1] }" \\\n\u2028$${é}';

function request(changed: Partial<ModuleRequest> = {}): ModuleRequest {
  return { ...read({ 'aws-provider-version': '5.100.0' }), backend: undefined, ...changed };
}

interface Provider {
  readonly alias?: string;
  readonly region: string;
  readonly skip_region_validation?: boolean;
  readonly skip_get_ec2_platforms?: boolean;
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly allowed_account_ids?: readonly string[];
  readonly ignore_tags?: Readonly<Record<string, readonly string[]>>;
}

interface Root {
  readonly terraform: {
    readonly required_providers: { readonly aws: { readonly source: string; readonly version: string } };
    readonly backend?: unknown;
  };
  readonly provider: { readonly aws: readonly Provider[] };
  readonly module: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly output: Readonly<Record<string, { readonly value: unknown }>>;
}

function contentOf(path: string, of: ModuleRequest): string {
  const file = renderConfiguration(of).find((one) => one.path === path);
  if (file === undefined || !('content' in file)) throw new Error(`${path} is not written`);
  return file.content;
}

const renderedText = (file: ConfigurationFile): string => ('content' in file ? file.content : '');

const rootOf = (of: ModuleRequest): Root => JSON.parse(contentOf('main.tf.json', of)) as Root;
const variablesOf = (of: ModuleRequest): Record<string, unknown> =>
  JSON.parse(contentOf('terraform.tfvars.json', of)) as Record<string, unknown>;
const pathsOf = (of: ModuleRequest): string[] => renderConfiguration(of).map(({ path }) => path);

describe('the root configuration', () => {
  test('calls the policy, the primary and one module for each replica Region', () => {
    const { module } = rootOf(request());
    expect(Object.keys(module)).toEqual([
      'policy',
      'primary',
      'replica_ap-southeast-2',
      'replica_ap-southeast-3',
    ]);
    expect(module[replicaModule('ap-southeast-3')]).toMatchObject({
      source: './modules/replica',
      providers: { aws: 'aws.ap-southeast-3' },
      primary_key_arn: '${module.primary.arn}',
      policy: '${module.policy.json}',
      description: '${var.replica_description}',
    });
  });

  test('has the outputs by Region, with and without the primary', () => {
    expect(rootOf(request()).output).toEqual({
      primary_key_arn: { value: '${module.primary.arn}' },
      key_id: { value: '${module.primary.key_id}' },
      replica_key_arns: {
        value: {
          'ap-southeast-2': '${module.replica_ap-southeast-2.arn}',
          'ap-southeast-3': '${module.replica_ap-southeast-3.arn}',
        },
      },
      key_arns: {
        value: {
          'ap-southeast-1': '${module.primary.arn}',
          'ap-southeast-2': '${module.replica_ap-southeast-2.arn}',
          'ap-southeast-3': '${module.replica_ap-southeast-3.arn}',
        },
      },
      alias_arns: {
        value: {
          'ap-southeast-1': '${module.primary.alias_arn}',
          'ap-southeast-2': '${module.replica_ap-southeast-2.alias_arn}',
          'ap-southeast-3': '${module.replica_ap-southeast-3.alias_arn}',
        },
      },
      account_id: { value: '${module.policy.account_id}' },
      state_of_alias: { value: 'alias/${var.alias}' },
    });
  });

  test('is the same text whatever the order of Regions, accounts and principals', () => {
    const lists = {
      replicaRegions: ['us-east-1', 'ap-southeast-9', 'eu-west-1'],
      accountIds: ['222222222222', '011111111111'],
      allowedAccountIds: ['999900001111', '888800001111'],
      administrators: ['arn:aws:iam::111122223333:role/b', 'arn:aws:iam::111122223333:role/a'],
      users: ['arn:aws:iam::111122223333:user/b', 'arn:aws:iam::111122223333:user/a'],
    };
    const reversed = Object.fromEntries(
      Object.entries(lists).map(([name, list]) => [name, [...list].reverse()]),
    );
    expect(renderConfiguration(request(reversed))).toEqual(renderConfiguration(request(lists)));
    expect(contentOf('main.tf.json', request(reversed))).toBe(contentOf('main.tf.json', request(lists)));
  });

  test('leaves the lists that it was given as they were', () => {
    const replicaRegions = Object.freeze(['us-east-1', 'eu-west-1']);
    expect(() => renderConfiguration(request({ replicaRegions }))).not.toThrow();
  });

  test.each(['5.100.0', '~> 5.90, >= 3.64.0'])('asks for the provider version %s', (awsProviderVersion) => {
    expect(rootOf(request({ awsProviderVersion })).terraform.required_providers.aws).toEqual({
      source: 'hashicorp/aws',
      version: awsProviderVersion,
    });
  });
});

describe('providers', () => {
  test('are the default one for the primary, and one by alias for every Region of the partition', () => {
    const [first, ...others] = rootOf(request()).provider.aws;
    expect(first).toEqual({ region: 'ap-southeast-1', skip_region_validation: true });
    expect(others.map(({ alias }) => alias)).toEqual(regionsOfPartition('aws'));
    expect(others.every(({ alias, region }) => alias === region)).toBe(true);
  });

  test('stay for a Region whose replica has left the inputs, so that its replica can be removed', () => {
    const aliases = rootOf(request({ replicaRegions: [] })).provider.aws.map(({ alias }) => alias);
    expect(aliases).toContain('ap-southeast-2');
  });

  test('are there, too, for a Region that only the state still has', () => {
    const { aws } = rootOf(request({ facts: { stateRegions: ['ap-southeast-9'] } })).provider;
    expect(aws.find(({ alias }) => alias === 'ap-southeast-9')).toEqual({
      alias: 'ap-southeast-9',
      region: 'ap-southeast-9',
      skip_region_validation: true,
    });
  });

  test.each(['3.64.2', '~> 3.64.0', '5.100.0', '6.63.0'])(
    'of version %s leave out the check of the Region, which the inputs have passed',
    (awsProviderVersion) => {
      const { aws } = rootOf(request({ awsProviderVersion, replicaRegions: ['ap-southeast-9'] })).provider;
      expect(aws.filter((provider) => provider.skip_region_validation !== true)).toEqual([]);
    },
  );

  test.each([
    ['3.64.2', true],
    ['4.67.0', true],
    ['5.0.0', undefined],
    ['~> 3.64.0', undefined],
  ])('of version %s are kept from asking EC2 for its platforms: %s', (awsProviderVersion, skipped) => {
    const { aws } = rootOf(request({ awsProviderVersion })).provider;
    expect(new Set(aws.map((one) => one.skip_get_ec2_platforms))).toEqual(new Set([skipped]));
  });

  test('of a constraint are kept from it by the version that was chosen', () => {
    const facts = { providerVersion: '3.64.2' };
    const { aws } = rootOf(request({ awsProviderVersion: '~> 3.64.0', facts })).provider;
    expect(aws.every((one) => one.skip_get_ec2_platforms === true)).toBe(true);
  });

  describe('and the endpoints that the environment names', () => {
    /** What the providers get, which has to be the same for all. */
    const endpoints = (env: Readonly<Record<string, string>>, awsProviderVersion = '5.100.0'): unknown => {
      const { aws } = rootOf(request({ env, awsProviderVersion })).provider;
      const [first, ...others] = aws.map((one) => one.endpoints ?? 'none');
      for (const other of others) expect(other).toEqual(first);
      return first;
    };
    const everywhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };

    test('are none where it names none', () => {
      expect(endpoints({})).toBe('none');
      expect(endpoints({ AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_KMS: '' })).toBe('none');
    });

    test.each(['3.64.2', '~> 3.64.0', '5.100.0', '6.63.0'])('are said to every provider %s', (version) => {
      const url = everywhere.AWS_ENDPOINT_URL;
      expect(endpoints(everywhere, version)).toEqual({ kms: url, sts: url, iam: url });
    });

    test('are those of single services before the one of all', () => {
      const env = { ...everywhere, AWS_ENDPOINT_URL_KMS: 'https://vpce-1.kms.example.com' };
      expect(endpoints(env)).toEqual({
        kms: 'https://vpce-1.kms.example.com',
        sts: everywhere.AWS_ENDPOINT_URL,
        iam: everywhere.AWS_ENDPOINT_URL,
      });
    });

    test('are of the services alone that are named', () => {
      const env = { AWS_ENDPOINT_URL_STS: 'https://sts.example.com', AWS_ENDPOINT_URL_S3: 'https://s3' };
      expect(endpoints(env)).toEqual({ sts: 'https://sts.example.com' });
    });

    test('do not count where the SDKs are told to ignore them', () => {
      expect(endpoints({ ...everywhere, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toBe('none');
    });

    test('are no templates', () => {
      expect(endpoints({ AWS_ENDPOINT_URL_KMS: 'http://x/${file("a")}%{if true}' })).toEqual({
        kms: 'http://x/$${file("a")}%%{if true}',
      });
    });
  });

  test('of another partition are those of its Regions alone', () => {
    const china = request({ primaryRegion: 'cn-north-1', replicaRegions: ['cn-northwest-1'] });
    expect(rootOf(china).provider.aws.map(({ region }) => region)).toEqual([
      'cn-north-1',
      'cn-north-1',
      'cn-northwest-1',
    ]);
  });

  test('check the account when accounts are allowed by name, each of them', () => {
    const { aws } = rootOf(request({ allowedAccountIds: ['999900001111', '044455556666'] })).provider;
    expect(aws.filter((one) => one.allowed_account_ids?.join() !== '044455556666,999900001111')).toEqual([]);
    expect(rootOf(request()).provider.aws[0]).not.toHaveProperty('allowed_account_ids');
  });

  test('leaves tags to others in every provider, in whichever order the inputs name them', () => {
    const ignoreTags = ['b:*', 'Owner', 'a:*', 'Cost Center'];
    const ignored = { keys: ['Cost Center', 'Owner'], key_prefixes: ['a:', 'b:'] };
    for (const version of ['3.64.2', '5.100.0', '6.63.0']) {
      const { aws } = rootOf(request({ awsProviderVersion: version, ignoreTags })).provider;
      expect(new Set(aws.map((one) => JSON.stringify(one.ignore_tags)))).toEqual(
        new Set([JSON.stringify(ignored)]),
      );
    }
    const [first] = rootOf(request({ ignoreTags: ['a:*'] })).provider.aws;
    expect(first?.ignore_tags).toEqual({ key_prefixes: ['a:'] });
    expect(rootOf(request()).provider.aws[0]).not.toHaveProperty('ignore_tags');
  });
});

describe('with provider 6.x', () => {
  const six = (changed: Partial<ModuleRequest> = {}): ModuleRequest =>
    request({ awsProviderVersion: '6.63.0', ...changed });

  test('there is one provider, in the Region of the primary', () => {
    const { aws } = rootOf(six({ allowedAccountIds: ['999900001111'] })).provider;
    expect(aws).toEqual([
      { region: 'ap-southeast-1', skip_region_validation: true, allowed_account_ids: ['999900001111'] },
    ]);
  });

  test('one module call makes all replicas, each in a Region that it names', () => {
    const { module } = rootOf(six({ replicaRegions: ['us-east-1', 'ap-southeast-2'] }));
    expect(Object.keys(module)).toEqual(['policy', 'primary', 'replica']);
    expect(module['primary']).toMatchObject({ region: 'ap-southeast-1' });
    expect(module['replica']).toEqual({
      source: './modules/replica',
      for_each: '${toset(["ap-southeast-2","us-east-1"])}',
      region: '${each.key}',
      primary_key_arn: '${module.primary.arn}',
      policy: '${module.policy.json}',
      description: '${var.replica_description}',
      alias: '${var.alias}',
      tags: '${var.tags}',
      deletion_window_in_days: '${var.deletion_window_in_days}',
    });
  });

  test('the outputs have the names that they have by aliases', () => {
    const { output } = rootOf(six());
    expect(Object.keys(output)).toEqual(Object.keys(rootOf(request()).output));
    expect(output['replica_key_arns']?.value).toBe(
      '${{ for region, replica in module.replica : region => replica.arn }}',
    );
    expect(output['alias_arns']?.value).toBe(
      '${merge({ "ap-southeast-1" = module.primary.alias_arn }, { for region, replica in module.replica : region => replica.alias_arn })}',
    );
  });

  test('the modules get the files with the Region, and no other way has them', () => {
    const files = (of: ModuleRequest): string[] => pathsOf(of).filter((path) => /region/.test(path));
    expect(files(six())).toEqual([
      'modules/primary/region.tf',
      'modules/primary/region_override.tf',
      'modules/replica/region.tf',
      'modules/replica/region_override.tf',
    ]);
    expect(files(six({ facts: { providerMode: 'aliases' } }))).toEqual([]);
    expect(files(request())).toEqual([]);
  });

  test('replicas that the state has by aliases are moved, and nothing is where there are none', () => {
    expect(rootOf(six({ facts: { movedRegions: ['us-east-1', 'eu-west-1'] } }))).toMatchObject({
      moved: [
        { from: 'module.replica_eu-west-1', to: 'module.replica["eu-west-1"]' },
        { from: 'module.replica_us-east-1', to: 'module.replica["us-east-1"]' },
      ],
    });
    expect(rootOf(six())).not.toHaveProperty('moved');
  });

  test('a range follows the version that was chosen from it', () => {
    const range = { awsProviderVersion: '>= 4.0, < 7.0' };
    expect(Object.keys(rootOf(request({ ...range, facts: { providerVersion: '6.63.0' } })).module)).toEqual([
      'policy',
      'primary',
      'replica',
    ]);
    const five = request({ ...range, facts: { providerVersion: '5.100.0' } });
    expect(Object.keys(rootOf(five).module)).toContain('replica_ap-southeast-2');
    expect(pathsOf(five)).toContain('modules/primary/rotation_period_override.tf');
    expect(rootOf(five).terraform.required_providers.aws.version).toBe('>= 4.0, < 7.0');
    expect(JSON.parse(renderedText(renderProviderChoice(request(range))))).toEqual({
      terraform: {
        required_version: '>= 1.5.0',
        required_providers: { aws: { source: 'hashicorp/aws', version: '>= 4.0, < 7.0' } },
      },
    });
  });
});

describe('what AWS has already', () => {
  const imports = [{ region: 'ap-southeast-2', keyId: `mrk-${'0'.repeat(32)}`, hasAlias: true }];
  const importOf = (of: ModuleRequest): unknown => (rootOf(of) as unknown as { import: unknown }).import;

  test('is imported to its address, by the id that the provider knows it by', () => {
    expect(importOf(request({ facts: { imports } }))).toEqual([
      { to: 'module.replica_ap-southeast-2.aws_kms_replica_key.this', id: `mrk-${'0'.repeat(32)}` },
      { to: 'module.replica_ap-southeast-2.aws_kms_alias.this', id: 'alias/aws_cb_cmk' },
    ]);
    expect(importOf(request({ awsProviderVersion: '6.63.0', facts: { imports } }))).toEqual([
      {
        to: 'module.replica["ap-southeast-2"].aws_kms_replica_key.this',
        id: `mrk-${'0'.repeat(32)}@ap-southeast-2`,
      },
      { to: 'module.replica["ap-southeast-2"].aws_kms_alias.this', id: 'alias/aws_cb_cmk@ap-southeast-2' },
    ]);
  });

  test('is imported as the primary where it is in its Region', () => {
    const primary = [{ region: 'ap-southeast-1', keyId: `mrk-${'0'.repeat(32)}`, hasAlias: false }];
    expect(importOf(request({ facts: { imports: primary } }))).toEqual([
      { to: 'module.primary.aws_kms_key.this', id: `mrk-${'0'.repeat(32)}` },
    ]);
  });

  test('is imported without an alias where it has none', () => {
    const bare = imports.map((one) => ({ ...one, hasAlias: false }));
    expect(importOf(request({ facts: { imports: bare } }))).toHaveLength(1);
    expect(rootOf(request())).not.toHaveProperty('import');
  });

  test('is imported as an alias alone where the state has the key, the primary among them', () => {
    const aliases = ['ap-southeast-1', 'ap-southeast-2'].map((region) => ({
      region,
      keyId: undefined,
      hasAlias: true,
    }));
    expect(importOf(request({ facts: { imports: aliases } }))).toEqual([
      { to: 'module.primary.aws_kms_alias.this', id: 'alias/aws_cb_cmk' },
      { to: 'module.replica_ap-southeast-2.aws_kms_alias.this', id: 'alias/aws_cb_cmk' },
    ]);
    expect(importOf(request({ awsProviderVersion: '6.63.0', facts: { imports: aliases } }))).toEqual([
      { to: 'module.primary.aws_kms_alias.this', id: 'alias/aws_cb_cmk@ap-southeast-1' },
      { to: 'module.replica["ap-southeast-2"].aws_kms_alias.this', id: 'alias/aws_cb_cmk@ap-southeast-2' },
    ]);
  });
});

describe('the text of the user', () => {
  const hostile = request({
    description: HOSTILE,
    replicaDescription: HOSTILE,
    tags: { [HOSTILE]: HOSTILE },
    policy: JSON.stringify({ Statement: [{ Sid: HOSTILE }] }),
  });

  test('is in the variables, unchanged', () => {
    expect(variablesOf(hostile)).toMatchObject({
      description: HOSTILE,
      replica_description: HOSTILE,
      tags: { [HOSTILE]: HOSTILE },
      policy: JSON.stringify({ Statement: [{ Sid: HOSTILE }] }),
    });
  });

  test('leaves no trace in the configuration, which is evaluated', () => {
    expect(contentOf('main.tf.json', hostile)).toBe(contentOf('main.tf.json', request()));
  });

  test('stands in the backend as it is, where Terraform evaluates nothing', () => {
    const backend = { type: 's3', config: { bucket: 'b', key: HOSTILE } } as const;
    expect(rootOf(request({ backend })).terraform.backend).toEqual({ s3: backend.config });
    expect(rootOf(request()).terraform).not.toHaveProperty('backend');
  });
});

test('every variable that is given a value is declared, and no other', () => {
  const { variable } = JSON.parse(contentOf('main.tf.json', request())) as { variable: object };
  expect(Object.keys(variablesOf(request())).sort()).toEqual(Object.keys(variable).sort());
});

test('account ids stay text, with their leading zeros', () => {
  expect(variablesOf(request({ accountIds: ['044455556666'] }))['account_ids']).toEqual(['044455556666']);
});

describe('the module files', () => {
  const bundled = readdirSync('terraform/modules', { recursive: true, encoding: 'utf8' })
    .map((file) => `modules/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.tf'));

  test('that are copied are all that there are', () => {
    const newest = request({ awsProviderVersion: '6.63.0' });
    const copied = renderConfiguration(newest).flatMap((file) => ('copyOf' in file ? [file.copyOf] : []));
    expect(copied.sort()).toEqual(bundled.sort());
  });

  test.each([
    ['5.48.0', false],
    ['5.49.0', true],
    ['~> 5.0', false],
    ['>= 5.49', true],
    ['6.0.0', true],
  ])('with the rotation period are used with provider %s: %s', (awsProviderVersion, used) => {
    expect(knowsRotationPeriod(awsProviderVersion)).toBe(used);
    const of = request({ awsProviderVersion });
    expect(pathsOf(of).includes('modules/primary/rotation_period_override.tf')).toBe(used);
  });

  test('are overridden so that a confirmed deletion is possible', () => {
    for (const [folder, type] of [
      ['primary', 'aws_kms_key'],
      ['replica', 'aws_kms_replica_key'],
    ] as const) {
      const override: unknown = JSON.parse(
        contentOf(`modules/${folder}/lifecycle_override.tf.json`, request()),
      );
      expect(override).toEqual({ resource: { [type]: { this: { lifecycle: { prevent_destroy: false } } } } });
    }
  });

  test.each([
    ['primary', 'aws_kms_key', '5.100.0'],
    ['primary', 'aws_kms_key', '5.48.0'],
    ['replica', 'aws_kms_replica_key', '5.100.0'],
  ])(
    'leave each setting of a %s as AWS has it, where that is asked for, but for what goes with the role or cannot be read (%s, %s)',
    (name, type, awsProviderVersion) => {
      const of = request({ awsProviderVersion, facts: { keepsSettings: true } });
      const { resource } = JSON.parse(contentOf(`modules/${name}/lifecycle_override.tf.json`, of)) as {
        resource: Record<string, { this: { lifecycle: { ignore_changes: string[] } } }>;
      };
      const ignored = resource[type]?.this.lifecycle.ignore_changes ?? [];
      const sources = pathsOf(of).filter(
        (file) => file.startsWith(`modules/${name}/`) && file.endsWith('.tf'),
      );
      const blocks = sources.flatMap(
        (file) =>
          new RegExp(`resource "${type}" "this" \\{\\n([\\s\\S]*?)\\n\\}`).exec(
            readFileSync(`terraform/${file}`, 'utf8'),
          )?.[1] ?? [],
      );
      const set = blocks.flatMap((block) =>
        [...block.matchAll(/^ {2}(\w+) += /gm)].map(([, argument]) => argument ?? ''),
      );
      // What nobody changes of a key that exists, and what follows the move.
      const rest = ['multi_region', 'primary_key_arn', 'deletion_window_in_days', 'description'];
      expect(set).toContain('policy');
      expect(set.filter((argument) => !ignored.includes(argument) && !rest.includes(argument))).toEqual([]);
      expect(ignored.filter((argument) => rest.includes(argument))).toEqual([]);
      // By hand a key can be disabled, too, and a tag come from the provider.
      expect(ignored).toEqual(
        expect.arrayContaining(['tags_all', name === 'primary' ? 'is_enabled' : 'enabled']),
      );
    },
  );

  test('and everything else stays inside the working folder', () => {
    expect(pathsOf(request()).filter((path) => path.startsWith('/') || path.includes('..'))).toEqual([]);
  });
});
