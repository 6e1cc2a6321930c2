import { describe, expect, test } from 'vitest';
import { childEnvironment } from '../../../src/terraform/environment.js';

const made = (env: Record<string, string | undefined>, backend?: string): Record<string, string> =>
  childEnvironment({
    env,
    cliConfigFile: '/run/cli-config.tfrc',
    backend,
    extra: { AWS_ACCESS_KEY_ID: 'ours' },
  });

const keeps = (name: string, backend?: string): boolean => made({ [name]: 'x' }, backend)[name] === 'x';

test('the child gets what this action sets, and the credentials win', () => {
  expect(
    made({ PATH: '/bin', AWS_ACCESS_KEY_ID: 'theirs', UNSET: undefined, TF_CLI_CONFIG_FILE: '/theirs' }),
  ).toEqual({
    PATH: '/bin',
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
    TF_CLI_CONFIG_FILE: '/run/cli-config.tfrc',
    AWS_ACCESS_KEY_ID: 'ours',
  });
});

describe('the child does not get', () => {
  test.each([
    // The runner's files, by which a step speaks to later ones, and its tokens.
    ...['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY', 'GITHUB_TOKEN'],
    ...[
      'GITHUB_ENTERPRISE_TOKEN',
      'GH_TOKEN',
      'GH_ENTERPRISE_TOKEN',
      'ACTIONS_RUNTIME_TOKEN',
      'GITHUB_EVENT_PATH',
    ],
    ...[
      'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
      'ACTIONS_ID_TOKEN_REQUEST_URL',
      'INPUT_GITHUB-TOKEN',
      'STATE_x',
      'RUNNER_TEMP',
    ],
    // Terraform's switches, those of later versions, too.
    ...[
      'TF_CLI_ARGS',
      'TF_CLI_ARGS_plan',
      'TF_VAR_alias',
      'TF_LOG',
      'TF_LOG_PATH',
      'TF_WORKSPACE',
      'TF_DATA_DIR',
    ],
    ...[
      'TF_REATTACH_PROVIDERS',
      'TF_STATE_PERSIST_INTERVAL',
      'TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE',
    ],
    ...['TF_SKIP_PROVIDER_VERIFY', 'TF_ENCRYPTION', 'TF_CLOUD_ORGANIZATION', 'TF_TOKEN_registry_example_com'],
    ...['TERRAFORM_CONFIG', 'TF_PLUGIN_CACHE_DIR', 'TF_HTTP_PASSWORD', 'TF_IGNORE'],
    // Secrets that are neither AWS's nor the backend's.
    ...[
      'NPM_TOKEN',
      'DEPLOY_PASSWORD',
      'SLACK_API_KEY',
      'SSH_PRIVATE_KEY',
      'ARM_CLIENT_SECRET',
      'VAULT_TOKEN',
    ],
    ...['DOCKER_PASSWORD', 'MY_SECRET', 'GOOGLE_CREDENTIALS', 'SECRET'],
  ])('%s, however it is written', (name) => {
    expect(keeps(name, 's3')).toBe(false);
    expect(keeps(name.toLowerCase(), 's3')).toBe(false);
    expect(
      keeps(
        name.replace(/[A-Z]+/g, (word) => word.charAt(0) + word.slice(1).toLowerCase()),
        's3',
      ),
    ).toBe(false);
  });

  test('a variable of its own once more in other letters, as Windows would have it', () => {
    expect(made({ Tf_Cli_Config_File: 'theirs', aws_access_key_id: 'theirs', tf_Input: '1' })).toEqual(
      made({}),
    );
  });
});

describe('the child gets', () => {
  test.each([
    ...[
      'PATH',
      'Path',
      'HOME',
      'USERPROFILE',
      'APPDATA',
      'SystemRoot',
      'TMPDIR',
      'TEMP',
      'LANG',
      'LD_LIBRARY_PATH',
    ],
    ...[
      'HTTPS_PROXY',
      'https_proxy',
      'NO_PROXY',
      'SSL_CERT_FILE',
      'SSL_CERT_DIR',
      'GODEBUG',
      'GOGC',
      'SSH_AUTH_SOCK',
    ],
    ...['AWS_REGION', 'AWS_ENDPOINT_URL_KMS', 'AWS_CA_BUNDLE', 'AWS_SSE_CUSTOMER_KEY', 'AWS_SESSION_TOKEN'],
    ...[
      'TF_REGISTRY_CLIENT_TIMEOUT',
      'TF_REGISTRY_DISCOVERY_RETRY',
      'TF_PROVIDER_DOWNLOAD_RETRY',
      'TF_APPEND_USER_AGENT',
    ],
  ])('%s', (name) => {
    expect(keeps(name, 's3')).toBe(true);
  });

  test.each([
    ['azurerm', ['ARM_CLIENT_SECRET', 'ARM_ACCESS_KEY', 'AZURE_CLIENT_SECRET']],
    ['consul', ['CONSUL_HTTP_TOKEN']],
    ['cos', ['TENCENTCLOUD_SECRET_KEY']],
    ['gcs', ['GOOGLE_CREDENTIALS', 'GOOGLE_OAUTH_ACCESS_TOKEN']],
    ['http', ['TF_HTTP_PASSWORD', 'TF_HTTP_ADDRESS']],
    ['kubernetes', ['KUBE_TOKEN', 'KUBECONFIG']],
    ['oss', ['ALICLOUD_SECRET_KEY', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET']],
    ['pg', ['PGPASSWORD', 'PG_CONN_STR']],
  ])('with the backend %s %j, and with no other', (backend, names) => {
    for (const name of names) expect(keeps(name, backend)).toBe(true);
    for (const name of names) expect(keeps(name, 'local')).toBe(false);
    for (const name of names) expect(keeps(name)).toBe(false);
  });
});
