import { describe, expect, test } from 'vitest';
import { findBadVariables, refuseBadConfig, withoutMachineConfig } from '../../../src/aws/machine-config.js';
import { AWS_CONFIGURATIONS } from '../../support/surroundings.js';

const HOME = '/home/me';
const files =
  (texts: Readonly<Record<string, string>> = {}) =>
  (file: string): string | undefined =>
    Object.entries(texts).find(([name]) => `${HOME}/${name}` === file)?.[1];
const atHome = (env: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  HOME,
  ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('HOME', HOME)])),
});

describe.each(AWS_CONFIGURATIONS.map((each) => [each.name, each] as const))(
  '%s',
  (_, { env, files: texts, withoutRole }) => {
    test('without a role: told with its place, or left as it is', () => {
      const check = (): void => {
        refuseBadConfig(atHome(env), files(texts));
      };
      if (withoutRole === undefined) expect(check).not.toThrow();
      else expect(check).toThrow(withoutRole);
    });

    test('with a role: neither files nor profiles count, and no variable that no SDK can work with', () => {
      const changed = withoutMachineConfig(atHome(env), '/run/empty', files(texts));
      expect(changed).toMatchObject({
        AWS_CONFIG_FILE: '/run/empty',
        AWS_SHARED_CREDENTIALS_FILE: '/run/empty',
      });
      for (const name of Object.keys(env ?? {}).filter((each) => each !== 'AWS_CONFIG_FILE'))
        expect(Object.entries(changed)).toContainEqual([name, undefined]);
    });
  },
);

test('with a role, what says how AWS is reached stays', () => {
  const env = {
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_CA_BUNDLE: `${HOME}/ca.pem`,
    AWS_RETRY_MODE: 'adaptive',
    AWS_MAX_ATTEMPTS: '5',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_REGION: 'eu-west-1',
    HTTPS_PROXY: 'http://proxy',
  };
  const changed = withoutMachineConfig(env, '/run/empty', files({ 'ca.pem': 'x' }));
  expect(Object.keys(changed).filter((name) => name in env)).toEqual([]);
  expect(findBadVariables(env, files({ 'ca.pem': 'x' }))).toEqual([]);
});

describe('a profile', () => {
  const check =
    (text: string, env: Record<string, string> = {}, credentials = '') =>
    (): void => {
      refuseBadConfig(atHome(env), files({ '.aws/config': text, '.aws/credentials': credentials }));
    };
  test.each<[string, Record<string, string>, string]>([
    ['[profile prod]\nsource_profile=base\n[profile base]\n', { AWS_PROFILE: 'prod' }, ''],
    ['[profile prod]\nsource_profile = base # why\n', { AWS_PROFILE: 'prod' }, '[base]\n'],
    ['', { AWS_PROFILE: 'prod' }, '[prod]\naws_access_key_id=x\n'],
    ['[profile "my team"]\nretry_mode = Standard\n', { AWS_PROFILE: 'my team' }, ''],
    ['[profile a]\nsource_profile = a\n', { AWS_DEFAULT_PROFILE: 'a' }, ''],
    ['[default]\nsso_session = s\n[sso-session s]\n', {}, ''],
    ['[default]\ns3 =\n  retry_mode = legacy\n# retry_mode = legacy\n; retry_mode = legacy\n', {}, ''],
    ['[profile other]\nretry_mode = legacy\n', {}, ''],
    ['', { AWS_PROFILE: 'default' }, ''],
    ['no section\nretry_mode = legacy\n', {}, ''],
  ])('that can work is let through: %j %j %j', (text, env, credentials) => {
    expect(check(text, env, credentials)).not.toThrow();
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      '[profile prod]\nretry_mode = legacy\n',
      { AWS_PROFILE: 'prod' },
      /retry_mode in \[profile prod\] of \/home\/me\/\.aws\/config/,
    ],
    ['[profile default]\r\nRETRY_MODE = legacy\r\n', {}, /retry_mode in \[profile default\]/],
    ['[default]\nmax_attempts = many\n', {}, /max_attempts in \[default\].*"many" is not a whole number/],
    [
      '[profile a]\n[default]\nsource_profile = gone\n',
      { AWS_PROFILE: 'a' },
      /source_profile in \[default\]/,
    ],
    [
      '[default]\nweb_identity_token_file = /gone\n',
      {},
      /web_identity_token_file in \[default\].*"\/gone" cannot be read/,
    ],
    ['[default]\nretry_mode = legacy\nca_bundle = /gone\n', {}, /retry_mode.*; ca_bundle/],
    ['', { AWS_DEFAULT_PROFILE: 'gone' }, /AWS_DEFAULT_PROFILE: neither/],
  ])('that cannot is refused with its place: %j %j', (text, env, place) => {
    expect(check(text, env)).toThrow(place);
  });

  test('without any home folder there are no files', () => {
    expect(() => {
      refuseBadConfig({}, () => '[default]\nretry_mode = legacy\n');
    }).not.toThrow();
  });
});
