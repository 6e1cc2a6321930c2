import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../../../src/run.js';
import { initConfiguration, type Configuration } from '../../../../src/commands/setup/init-configuration.js';
import type { PhasedTerraform } from '../../../../src/commands/setup/phased-terraform.js';
import { read } from '../../../support/inputs.js';
import { tempFolder } from '../../../support/temp-folder.js';

interface Played {
  readonly configuration: Configuration;
  /** What Terraform was asked for, in order. */
  readonly asked: readonly string[];
  /** Titles of notices and warnings. */
  readonly told: readonly string[];
  /** `main.tf.json` as it is now. */
  readonly root: () => Promise<Root>;
}

interface Root {
  readonly module: Readonly<Record<string, object>>;
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
  readonly import?: readonly object[];
  readonly provider: { readonly aws: readonly { readonly alias?: string }[] };
}

/** Terraform's part is played: `init` chooses the version, and the state is this text. */
async function play(version: string, state: string, changed: Record<string, string> = {}): Promise<Played> {
  const workDir = tempFolder('configure');
  const [asked, told]: [string[], string[]] = [[], []];
  const tell = (_: string, { title }: { title: string }): unknown => told.push(title);
  const terraform = {
    phase: (_: string, work: (phase: object) => Promise<unknown>) => work({ say: () => undefined }),
    init: async () => {
      asked.push('init');
      await writeFile(path.join(workDir, '.terraform.lock.hcl'), '');
    },
    selectedProviderVersion: () => Promise.resolve(version),
    pullState: () => {
      asked.push('state pull');
      return Promise.resolve(state);
    },
  } as unknown as PhasedTerraform;
  const run = {
    context: {},
    inputs: read({
      'aws-provider-version': version,
      'state-bucket': 'states',
      'provider-mirror': '/mirror',
      ...changed,
    }),
    deps: {
      env: {},
      log: { notice: tell, warning: tell, info: () => undefined, debug: () => undefined },
      moduleDir: path.resolve('terraform'),
      memory: () => ({ totalBytes: 2 ** 40, availableBytes: 2 ** 40 }),
      platform: { os: 'linux', arch: 'x64' },
      clock: { now: () => 0 },
    },
  } as unknown as Run;
  const configuration = await initConfiguration(
    run,
    '1.11.4',
    { workDir, localStateDir: workDir },
    terraform,
  );
  const root = async (): Promise<Root> =>
    JSON.parse(await readFile(path.join(workDir, 'main.tf.json'), 'utf8')) as Root;
  return { configuration, asked, told, root };
}

/** A state whose replica is by aliases, or an instance of one module; with or without its Region. */
function stateOf(module: string, region?: string): string {
  const replica = { module, mode: 'managed', instances: [{ attributes: region ? { region } : {} }] };
  return JSON.stringify({ version: 4, resources: [replica] });
}

const BY_ALIASES = 'module.replica_ap-southeast-2';

describe('a provider before 6.0.0', () => {
  test('gets its aliases; no state is looked into', async () => {
    const { configuration, asked, root } = await play('5.100.0', stateOf(BY_ALIASES));
    expect(asked).toEqual(['init']);
    expect(configuration).toMatchObject({
      providerMode: 'aliases',
      awaitsRegions: false,
      providerVersion: '5.100.0',
    });
    expect(Object.keys((await root()).module)).toContain('replica_ap-southeast-2');
  });
});

describe('a provider from 6.0.0 on', () => {
  test('names the Region on each resource where there is no state yet, and says that nobody has run it', async () => {
    const { configuration, asked, told, root } = await play('6.63.0', '');
    expect(asked).toEqual(['init', 'state pull']);
    expect(configuration).toMatchObject({ providerMode: 'region', awaitsRegions: false });
    expect(told).toEqual(['Provider 6.x']);
    expect(await root()).not.toHaveProperty('moved');
    expect((await root()).provider.aws).toHaveLength(1);
  });

  test('does so, too, where the state has its replicas that way', async () => {
    const { configuration, asked } = await play('6.63.0', stateOf('module.replica["ap-southeast-2"]'));
    expect(asked).toEqual(['init', 'state pull']);
    expect(configuration).toMatchObject({ providerMode: 'region', awaitsRegions: false });
  });

  test('stays by aliases for a state that does not say its Regions yet, and initialises those modules', async () => {
    const { configuration, asked, told, root } = await play('6.63.0', stateOf(BY_ALIASES));
    expect(asked).toEqual(['init', 'state pull', 'init']);
    expect(configuration).toMatchObject({ providerMode: 'aliases', awaitsRegions: true });
    expect(told).toEqual(['Provider 6.x', 'From provider 5.x to 6.x']);
    expect(Object.keys((await root()).module)).toContain('replica_ap-southeast-2');
    expect(await root()).not.toHaveProperty('moved');
  });

  test.each(['plan', 'apply'])(
    'moves the replicas by %s where the state says their Regions',
    async (command) => {
      const state = stateOf(BY_ALIASES, 'ap-southeast-2');
      const { configuration, asked, root } = await play('6.63.0', state, { command });
      expect(asked).toEqual(['init', 'state pull']);
      expect(configuration).toMatchObject({ providerMode: 'region', awaitsRegions: false });
      expect((await root()).moved).toEqual([{ from: BY_ALIASES, to: 'module.replica["ap-southeast-2"]' }]);
    },
  );

  test.each([
    ['drift', {}],
    ['destroy', { 'confirm-destroy': 'aws_cb_cmk' }],
  ])('moves nothing by %s, which is about the keys where they are', async (command, more) => {
    const state = stateOf(BY_ALIASES, 'ap-southeast-2');
    const { configuration, asked, root } = await play('6.63.0', state, { command, ...more });
    expect(asked).toEqual(['init', 'state pull', 'init']);
    expect(configuration).toMatchObject({ providerMode: 'aliases', awaitsRegions: true });
    expect(await root()).not.toHaveProperty('moved');
  });

  test('knows the Regions of the state alone by their providers', async () => {
    const { root } = await play('6.63.0', stateOf('module.replica_ap-southeast-9'));
    expect((await root()).provider.aws.map(({ alias }) => alias)).toContain('ap-southeast-9');
  });

  test('refuses a state in a form that is not known', async () => {
    await expect(play('6.63.0', '{"resources": 1}')).rejects.toThrow(
      'terraform state pull printed no state in a form that this action knows. Nothing was planned or changed.',
    );
  });
});

test('a range is initialised by what chooses the provider alone, and then by what suits the one chosen', async () => {
  const range = { 'aws-provider-version': '>= 5.0, < 7.0' };
  const six = await play('6.63.0', '', range);
  expect(six.asked).toEqual(['init', 'init', 'state pull']);
  expect(six.configuration.providerMode).toBe('region');
  const five = await play('5.100.0', '', range);
  expect(five.asked).toEqual(['init', 'init']);
  expect(five.configuration.providerMode).toBe('aliases');
});

test('what is fitted later comes to what was before: imports beside those that there are', async () => {
  const { configuration, root } = await play('5.100.0', '');
  const replica = { region: 'ap-southeast-2', keyId: `mrk-${'0'.repeat(32)}`, hasAlias: false };
  await configuration.extend({ imports: [replica] });
  await configuration.extend({ stateRegions: ['ap-southeast-9'] });
  await configuration.extend({ imports: [{ region: 'ap-southeast-1', keyId: undefined, hasAlias: true }] });
  expect((await root()).import).toEqual([
    { to: 'module.replica_ap-southeast-2.aws_kms_replica_key.this', id: replica.keyId },
    { to: 'module.primary.aws_kms_alias.this', id: 'alias/aws_cb_cmk' },
  ]);
  expect((await root()).provider.aws.map(({ alias }) => alias)).toContain('ap-southeast-9');
});

describe('a primary that is to move', () => {
  const A = 'ap-southeast-1';
  const [B, C] = ['ap-southeast-2', 'ap-southeast-3'];
  const AT_B = { 'primary-region': B, 'replica-regions': `${A}, ${C}`, 'move-primary': 'true' };
  const entry = (module: string, type: string, region: string): object => ({
    module,
    mode: 'managed',
    type,
    instances: [{ attributes: { arn: `arn:aws:kms:${region}:999900001111:key/mrk-1` } }],
  });
  const state = (replicas: readonly string[]): string =>
    JSON.stringify({
      serial: 1,
      resources: [
        entry('module.primary', 'aws_kms_key', A),
        ...replicas.map((region) => entry(`module.replica_${region}`, 'aws_kms_replica_key', region)),
      ],
    });
  const primaryOf = ({ provider }: Root): unknown => provider.aws.find(({ alias }) => alias === undefined);

  test('is still where the state has it, and the modules of both are there', async () => {
    const { configuration, asked, root } = await play('5.100.0', state([B, C]), AT_B);
    expect(configuration.move).toMatchObject({ from: A, to: B, others: [C] });
    expect(asked).toEqual(['init', 'state pull', 'init']);
    expect(primaryOf(await root())).toMatchObject({ region: A });
    expect(Object.keys((await root()).module)).toContain(`replica_${B}`);
  });

  test('has the Regions of the state once it has moved, whatever the inputs ask for beside it', async () => {
    const more = { ...AT_B, 'replica-regions': `${A}, eu-west-1` };
    const { configuration, asked, root } = await play('5.100.0', state([B, C]), more);
    expect(asked).toEqual(['init', 'state pull', 'init', 'init']);
    expect(configuration.move?.after).toMatchObject({ primaryRegion: B, replicaRegions: [A, C] });
    expect(configuration.move?.before).toMatchObject({ primaryRegion: A, replicaRegions: [B, 'eu-west-1'] });
    const regions = configuration.move?.after;
    const imports = [{ region: A, keyId: 'mrk-1', hasAlias: false }];
    const during = await configuration.during({ regions, imports }, root);
    expect(during.import).toEqual([{ to: `module.replica_${A}.aws_kms_replica_key.this`, id: 'mrk-1' }]);
    expect(Object.keys(during.module)).toEqual(['policy', 'primary', `replica_${A}`, `replica_${C}`]);
    // And then it is as it was, for whatever else reads it.
    expect(primaryOf(await root())).toMatchObject({ region: A });
    expect(await root()).not.toHaveProperty('import');
    await expect(configuration.during({ regions }, () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    expect(primaryOf(await root())).toMatchObject({ region: A });
  });

  test.each([
    ['the primary is there already', { ...AT_B, 'primary-region': A, 'replica-regions': `${B}, ${C}` }],
    ['nobody asks for it', { ...AT_B, 'move-primary': 'false' }],
  ])('has nothing to move where %s', async (_, inputs) => {
    const { configuration, asked } = await play('5.100.0', state([B, C]), inputs);
    expect(configuration.move).toBeUndefined();
    expect(asked.filter((command) => command === 'init')).toHaveLength(1);
  });

  test('has nothing to move where there is no state yet, and says so', async () => {
    const { configuration, told } = await play('5.100.0', '', AT_B);
    expect(configuration.move).toBeUndefined();
    expect(told).toEqual(['move-primary']);
  });

  test('is not moved by inputs that would give up the key that it leaves', async () => {
    const giveUp = { ...AT_B, 'replica-regions': C };
    await expect(play('5.100.0', state([B, C]), giveUp)).rejects.toThrow(
      `The primary is in ${A}, which is not among \`replica-regions\``,
    );
    // What only looks at the keys looks at them as they are.
    expect((await play('5.100.0', state([B, C]), { ...giveUp, command: 'verify' })).configuration.move).toBe(
      undefined,
    );
  });

  test('may move to a replica that the state does not know: AWS is asked whether it is there', async () => {
    expect((await play('5.100.0', state([C]), AT_B)).configuration.move).toMatchObject({
      to: B,
      others: [C],
    });
    const drift = await play('5.100.0', state([C]), { ...AT_B, command: 'drift' });
    expect(drift.configuration.move).toBeUndefined();
  });
});
