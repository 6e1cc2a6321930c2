import { describe, expect, test } from 'vitest';
import { parseBackendConfig } from '../../../src/inputs/backend-config.js';
import {
  hasBackendSecrets,
  looksRandom,
  mayBeSecret,
  ofAddress,
  secretsOf,
  splitSecrets,
} from '../../../src/inputs/backend-secrets.js';
import { createRedactor } from '../../../src/runner/redaction.js';
import { read } from '../../support/inputs.js';

/** The arguments of Terraform's backends (its sources, `internal/backend/remote-state`, version 1.14) that are no secrets. */
const PLAIN: Readonly<Record<string, string>> = {
  azurerm:
    'subscription_id resource_group_name storage_account_name container_name key lookup_blob_endpoint snapshot environment metadata_host tenant_id client_id client_id_file_path endpoint client_certificate_path client_secret_file_path use_oidc ado_pipeline_service_connection_id oidc_request_url oidc_token_file_path use_msi msi_endpoint use_cli use_aks_workload_identity use_azuread_auth',
  consul: 'path address scheme datacenter gzip lock ca_file cert_file key_file',
  cos: 'secret_id region bucket endpoint domain prefix key encrypt acl accelerate role_arn session_name session_duration policy external_id shared_credentials_dir profile cam_role_name',
  gcs: 'bucket prefix impersonate_service_account impersonate_service_account_delegates kms_encryption_key storage_custom_endpoint',
  http: 'address update_method lock_address unlock_address lock_method unlock_method username skip_cert_verification retry_max retry_wait_min retry_wait_max client_ca_certificate_pem client_certificate_pem',
  kubernetes:
    'secret_suffix labels namespace in_cluster_config load_config_file host username insecure client_certificate cluster_ca_certificate config_paths config_path config_context config_context_auth_info config_context_cluster proxy_url api_version command',
  local: 'path workspace_dir',
  oci: 'bucket key namespace region auth config_file_profile fingerprint private_key_path tenancy_ocid user_ocid kms_key_id sse_customer_key_sha256 sse_customer_algorithm workspace_key_prefix',
  oss: 'role_arn session_name policy session_expiration access_key ecs_role_name region sts_endpoint tablestore_endpoint endpoint bucket prefix key tablestore_instance_name tablestore_table encrypt acl shared_credentials_file profile assume_role_role_arn assume_role_session_name assume_role_policy assume_role_session_expiration',
  pg: 'schema_name skip_schema_creation skip_table_creation skip_index_creation',
  s3: 'access_key acl allowed_account_ids bucket custom_ca_bundle duration dynamodb dynamodb_endpoint dynamodb_table ec2_metadata_service_endpoint ec2_metadata_service_endpoint_mode encrypt endpoint endpoints external_id forbidden_account_ids force_path_style http_proxy https_proxy iam_endpoint insecure key kms_key_id max_retries no_proxy policy policy_arns profile region retry_mode role_arn session_name shared_config_files shared_credentials_file shared_credentials_files skip_credentials_validation skip_metadata_api_check skip_region_validation skip_requesting_account_id skip_s3_checksum source_identity sts_endpoint sts_region tags transitive_tag_keys use_dualstack_endpoint use_fips_endpoint use_lockfile use_path_style web_identity_token_file workspace_key_prefix',
};

const secrets = (type: string, text: string): string[] =>
  secretsOf(type, parseBackendConfig(text)).map(({ secret }) => secret);

describe('a setting that is no secret is none, whatever it is called', () => {
  const cases = Object.entries(PLAIN).flatMap(([type, names]) =>
    names.split(' ').map((name) => [type, name]),
  );
  test.each(cases)('%s: %s', (type = '', name = '') => {
    for (const value of ['true', 'state', 'a-name-of-somebody', '/var/run/a-file', 'projects/p/keys/k'])
      expect(secrets(type, `${name}=${value}`)).toEqual([]);
  });
});

describe('the secrets of a backend', () => {
  test.each<[string, string, string[]]>([
    ['s3', 'access_key=AKIA1EXAMPLE\nsecret_key=one-one\ntoken=two-two', ['one-one', 'two-two']],
    ['s3', 'sse_customer_key=/9j/4AAQSkZJRgABAQ==', ['/9j/4AAQSkZJRgABAQ==']],
    ['s3', 'assume_role_with_web_identity.web_identity_token=one-one', ['one-one']],
    ['s3', 'https_proxy=http://user:one-one@proxy:3128', ['one-one']],
    [
      'azurerm',
      'sas_token=one-one\nclient_secret=two-two\naccess_key=three',
      ['one-one', 'two-two', 'three'],
    ],
    ['azurerm', 'client_certificate_password=one-one\noidc_token=two-two', ['one-one', 'two-two']],
    ['consul', 'access_token=one-one\nhttp_auth=admin:two-two', ['one-one', 'admin:two-two', 'two-two']],
    ['consul', 'http_auth=one-one', ['one-one']],
    ['s3', 'list=[null,{"password":null,"headers":{"X-Key":null,"X-Token":["one-one",null]}}]', ['one-one']],
    ['s3', 'token=null-and-void\nassume_role={"token":null}', ['null-and-void']],
    ['of-another-tool', 'token=one-one\npassword=two-two\ncookie=a=three', ['two-two', 'three']],
    ['http', 'address=https://gHp4kTokenOfAKind9@state.example/x', ['gHp4kTokenOfAKind9']],
    ['http', 'address=https://only-a-name@state.example/x', []],
    ['cos', 'secret_id=AKID\nsecret_key=one-one\nsecurity_token=two-two', ['one-one', 'two-two']],
    ['oss', 'access_key=LTAI\nsecret_key=one-one\nsecurity_token=two-two', ['one-one', 'two-two']],
    ['oci', 'private_key=one-one\nprivate_key_password=two-two', ['one-one', 'two-two']],
    ['remote', 'token=one-one', ['one-one']],
    ['kubernetes', 'secret_suffix=state\ntoken=one-one\npassword=two-two', ['one-one', 'two-two']],
    [
      'kubernetes',
      'exec={"command":"aws","env":{"API_TOKEN":"one-one","AWS_PROFILE":"prod"},"args":["--token=two-two","eks"]}',
      ['one-one', 'two-two'],
    ],
    ['gcs', 'credentials=/secrets/key.json\nencryption_key=./key', []],
    [
      'gcs',
      'credentials={"type":"service_account","project_id":"p-one","private_key":"one-one"}',
      ['one-one'],
    ],
    ['gcs', 'credentials=one-one\nencryption_key=two-two', ['one-one', 'two-two']],
    ['http', 'address=https://state.example/x?token=one-one&workspace=prod', ['one-one']],
    ['http', 'lock_address=https://user:pa%40ss@state.example/x', ['pa%40ss', 'pa@ss']],
    ['http', 'headers={"Authorization":"Bearer one-one","Accept":"text/plain"}', ['one-one']],
    [
      'http',
      `headers.authorization=Basic ${Buffer.from('user:one-one').toString('base64')}`,
      [Buffer.from('user:one-one').toString('base64'), 'one-one'],
    ],
    ['http', 'headers={"Accept":"a/b","Accept-Key":"one-one","X-Host":"two-two"}', ['one-one', 'two-two']],
    ['http', 'headers={"Authorization":"Bearer  one-one"}', ['one-one']],
    [
      'http',
      'headers={"Content-Type":"text/plain","User-Agent":"curl","HOST":"h","Cookie":"a=one-one"}',
      ['one-one'],
    ],
    ['http', 'address=https://state.example/x?code=one-one&zipcode=12345&codec=opus', ['one-one']],
    [
      'kubernetes',
      'exec={"env":{"ACCESSKEY":"one-one","MY_APIKEY":"two-two","KEYS":"three"}}',
      ['one-one', 'two-two'],
    ],
    ['gcs', 'credentials=../gcp\nencryption_key=/run/gcp', []],
    ['gcs', 'credentials=one/one\nencryption_key=two~two.key.', ['one/one', 'two~two.key.']],
    [
      'gcs',
      'credentials={"token_uri":"https://h/token","my_token":"x-token","a":null,"b":{"token":"one-one"}}',
      ['one-one'],
    ],
    [
      'kubernetes',
      'exec={"args":["--my-auth-token=one-one","-key=two-two","token=three","--token"]}',
      ['one-one', 'two-two'],
    ],
    ['http', 'address=https://h/path@x', []],
    [
      'http',
      'address=https://h/?sig=one-one&signal=green&pwd=two-two&pwdx=plain&key=three&keynote=plain&monkey=plain&pass=four&passage=plain&compass=plain',
      ['one-one', 'two-two', 'three', 'four'],
    ],
    ['gcs', 'credentials=C:\\keys\\gcp\nencryption_key=~/gcp', []],
    ['http', 'cookie=session=one-one; other=two-two', ['one-one', 'two-two']],
    ['pg', 'conn_str=postgres://u:one-one@127.0.0.1:1x/db', ['one-one']],
    ['pg', 'conn_str=postgres://u@h/db?sslpassword=one-one&sslmode=require', ['one-one']],
    ['pg', "conn_str=host=h user=u password='one \\'one' dbname=d", ["one \\'one", "one 'one"]],
    ['pg', 'conn_str=host=h password=one-one', ['one-one']],
    ['s3', 'list=[{"password":"one-one"},"http://u:two-two@h"]', ['one-one', 'two-two']],
    // An id that is near a secret's name is none.
    ['kubernetes', 'client_id=one-one', []],
    ['gcs', 'access_key=one-one', []],
    ['cos', 'secret_id=one-one', []],
    ['azurerm', 'oidc_request_url=one-one', []],
    // Terraform shows the line of an argument that it does not know.
    ['pg', 'con_str=one-one', ['one-one']],
    ['s3', 'secret_kye=one-one\npasword=two-two', ['one-one', 'two-two']],
    ['s3', 'secret_k=one-one\ntok=two-two\npassw=three', ['one-one', 'two-two']],
  ])('%s: %j', (type, text, expected) => {
    expect(secrets(type, text)).toEqual(expected);
  });

  test.each([
    'postgres://u:p@ss:w/rd?x#y@127.0.0.1:1x/db',
    'postgres://u:p@ss@host/db?user=a@b',
    'postgres://u:%zz-pass@host/db',
    'postgresql://u:secret/more@host',
  ])('%s: whatever is wrong with it, the password is in no part of it', (address) => {
    const redactor = createRedactor();
    for (const secret of secrets('pg', `conn_str=${address}`)) redactor.add(secret);
    expect(redactor.redact(`parse "${address}": invalid port ":1x" after host`)).not.toMatch(
      /p@ss|w\/rd|%zz|secret|more/,
    );
  });

  test('what Go quotes of an address that it takes for a shorter one has none of the password', () => {
    const redactor = createRedactor();
    for (const secret of secrets('pg', 'conn_str=postgres://u:Pa55/word?of#db@127.0.0.1:5432/db'))
      redactor.add(secret);
    expect(redactor.redact('parse "postgres://u:Pa55/word?of": invalid port ":Pa55" after host')).toBe(
      'parse "postgres://u:***": invalid port ":***" after host',
    );
  });

  test('what is too short or too common to be one is none', () => {
    expect(secrets('s3', 'token=1\nsecret_key=true')).toEqual([]);
    expect(secrets('kubernetes', 'password=\ntoken=no')).toEqual([]);
  });
});

test('settings are cut in two: those with a secret in them stand apart, the trivial ones too', () => {
  const settings = parseBackendConfig(
    'bucket=b\ntoken=1\nassume_role_with_web_identity.web_identity_token=one-one\nendpoints.s3=https://s3.example',
  );
  expect(splitSecrets('s3', settings)).toEqual({
    secret: { token: '1', assume_role_with_web_identity: { web_identity_token: 'one-one' } },
    plain: { bucket: 'b', endpoints: { s3: 'https://s3.example' } },
  });
});

test.each([
  ['0123456789abcdef0123456789abcdef', true],
  ['0123456789ABCDEF0123456789ABCDEF', true],
  ['x-0123456789abcdef0123456789abcdef-x', true],
  ['abcdefabcdefabcdefabcdefabcdefab', false],
  ['0123456789abcdef0123456789abcde', false],
  ['wJalrXUtnFEMI0K7MDENG', true],
  ['arn/a/b/wJalrXUtnFEMI0K7', true],
  ['a-name-of-1-Thing-in-many-words', false],
  ['A1/projects-and-keys-of-somebody', false],
  ['aLongNameInCamelCase', false],
  ['a1long2name3in4small5letters', false],
  ['A1LONG2NAME3IN4CAPITALS', false],
])('%s looks like a key: %j', (text, looks) => {
  expect(looksRandom(text)).toBe(looks);
});

test.each<[string, boolean]>([
  ['secret_key=one-one', true],
  ['token=1', true],
  ['bucket=b', false],
])('a backend with %s has secrets: %j', (text, has) => {
  expect(hasBackendSecrets({ backend: { type: 's3', config: parseBackendConfig(text) } })).toBe(has);
});

test('no backend has no secrets', () => {
  expect(hasBackendSecrets({ backend: undefined })).toBe(false);
});

test.each([
  ['password', true],
  ['conn_str', true],
  ['headers', true],
  ['endpoints', false],
])('%s may be secret: %j', (name, is) => {
  expect(mayBeSecret(name)).toBe(is);
});

describe('a secret that is a part of an output is refused', () => {
  const reading =
    (config: string, more: Record<string, string> = {}): (() => unknown) =>
    () =>
      read({ backend: 's3', 'backend-config': `bucket=b-b\nkey=k\nregion=us-east-1\n${config}`, ...more });

  test.each<[string, Record<string, string>, string]>([
    [
      'secret_key=test',
      { alias: 'test/orders' },
      'the value of "secret_key" is secret, and it is a part of the alias too',
    ],
    ['secret_key=production', { alias: 'production-orders' }, 'a part of the alias too'],
    ['token=changes', {}, 'the words of the outputs'],
    ['token=ap-southeast-1', {}, 'the ARNs of the keys'],
    ['token=southeast', {}, 'the ARNs of the keys'],
    ['token=111122223333', {}, 'an account id'],
    ['token=999900001111', { 'role-to-assume': 'arn:aws:iam::999900001111:role/x' }, 'the ARNs of the keys'],
    ['token=5.100.0', { 'aws-provider-version': '5.100.0' }, 'a version'],
    ['token=production', { 'comment-key': 'production' }, 'the comment-key'],
    ['sse_customer_key=multi-region', {}, 'the paths of the outputs'],
    ['token=kms-report', {}, 'the paths of the outputs'],
    ['token=plan.json', {}, 'the paths of the outputs'],
    ['token=errored', {}, 'the paths of the outputs'],
    ['token=issuecomment', {}, 'the address of the comment'],
    ['token=github.com', {}, 'the address of the comment'],
  ])('%s', (config, more, reason) => {
    expect(reading(config, more)).toThrow(reason);
  });

  test.each<[string, Record<string, string>]>([
    ['skip_credentials_validation=true', {}],
    ['access_key=test', { alias: 'test/orders' }],
    ['secret_key=test', { alias: 'orders' }],
    ['secret_key=ord', { alias: 'orders' }],
    ['token=1', {}],
    ['shared_credentials_files=["/home/x/credentials"]', { alias: 'home/x/credentials' }],
    ['assume_role_with_web_identity.web_identity_token_file=/var/run/token', { alias: 'var/run/token' }],
  ])('%s with %j is none', (config, more) => {
    expect(reading(config, more)).not.toThrow();
  });

  test('and its value is not repeated', () => {
    expect(reading('secret_key=production', { alias: 'production' })).not.toThrow(/is secret.*production/);
  });
});

test.each([
  ['one long run', 'a'.repeat(60_000)],
  ['runs of many parts', 'a/'.repeat(30_000)],
  ['an address with a sign of its end everywhere', `https://u:${'@/'.repeat(30_000)}@h`],
  ['addresses one behind the other', 'https://a:b@'.repeat(5_000)],
])('60,000 characters take no time: %s', (_, text) => {
  const start = performance.now();
  looksRandom(text);
  const found = ofAddress(text);
  expect(performance.now() - start).toBeLessThan(2_000);
  expect(found.length).toBeLessThan(200);
});
