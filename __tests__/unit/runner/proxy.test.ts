import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainConnection } from '../../../src/runner/connection.js';
import { readProxySettings } from '../../../src/runner/proxy.js';

describe('the variables of proxies', () => {
  test.each<[Record<string, string>, Record<string, string>]>([
    [{ https_proxy: 'proxy.corp:3128' }, { https_proxy: 'http://proxy.corp:3128/' }],
    [{ HTTP_PROXY: '10.0.0.1:3128' }, { HTTP_PROXY: 'http://10.0.0.1:3128/' }],
    [{ https_proxy: 'http://proxy:3128/' }, {}],
    [{ https_proxy: '' }, {}],
    [{ no_proxy: '*.corp, 10.0.0.1,.x' }, { no_proxy: '.corp, 10.0.0.1,.x' }],
    [{ NO_PROXY: '*' }, {}],
    [{ https_proxy: 'http://one/', HTTPS_PROXY: 'http://two/' }, { HTTPS_PROXY: 'http://one/' }],
    [
      { https_proxy: ' ', HTTPS_PROXY: 'two' },
      { https_proxy: 'http://two/', HTTPS_PROXY: 'http://two/' },
    ],
    [{ https_proxy: '', HTTPS_PROXY: 'http://two/', http_proxy: 'http://three/' }, {}],
    [
      { no_proxy: '*.one', NO_PROXY: 'two' },
      { no_proxy: '.one', NO_PROXY: '.one' },
    ],
  ])('%j are written as every library reads them', (env, normalised) => {
    expect(readProxySettings(env).normalised).toEqual(normalised);
  });

  test('give their passwords away in every form in which they could be printed', () => {
    const { secrets } = readProxySettings({
      https_proxy: 'http://me:p%40ss@proxy:1',
      HTTP_PROXY: 'http://x',
    });
    expect(secrets).toEqual(['p%40ss', 'p@ss', Buffer.from('me:p@ss').toString('base64')]);
  });

  test.each(['socks5://me:hidden@proxy:1', 'http://', 'http://me:%zz-hidden@proxy', 'http://a b'])(
    '%j is refused, without being repeated',
    (value) => {
      expect(() => readProxySettings({ HTTPS_PROXY: value })).toThrow(/`HTTPS_PROXY`.*Nothing was called/);
      expect(() => readProxySettings({ HTTPS_PROXY: value })).not.toThrow(/hidden/);
    },
  );
});

describe('a call that failed', () => {
  const saved = { ...process.env };
  const url = new URL('https://kms.eu-west-1.amazonaws.com/');
  const failure = (code: string, message = code): Error => Object.assign(new Error(message), { code });
  beforeEach(() => {
    for (const name of Object.keys(process.env).filter((key) => /_proxy$/i.test(key))) {
      Reflect.deleteProperty(process.env, name);
    }
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, saved);
  });

  test.each([
    ['a network’s code', failure('ENOTFOUND'), 'network', true],
    ['a code in a cause', new Error('fetch failed', { cause: failure('ECONNRESET') }), 'network', true],
    ['a code in the text alone', new Error('connect ECONNREFUSED 127.0.0.1:9'), 'network', true],
    ['several addresses', new AggregateError([failure('EHOSTUNREACH')]), 'network', true],
    ['a timeout', new Error('Request timeout: /'), 'network', true],
    ['a certificate in words', new Error('Error message: self-signed certificate'), 'certificate', false],
    ['a certificate', failure('SELF_SIGNED_CERT_IN_CHAIN'), 'certificate', false],
  ])('with %s failed on its way', (_, thrown, kind, transient) => {
    expect(explainConnection(thrown, url)).toMatchObject({ kind, transient });
  });

  test.each([
    ['a missing home folder', failure('ENOENT', 'A system error occurred: uv_os_homedir returned ENOENT')],
    ['a setting', new Error('Invalid Configuration: FIPS and custom endpoint are not supported')],
    ['a file', failure('EACCES')],
    ['no error', 'text'],
  ])('with %s did not', (_, thrown) => {
    expect(explainConnection(thrown, url)).toBeUndefined();
  });

  test.each([
    ['the proxy http://proxy:3128 could not be reached (ECONNREFUSED)', failure('ECONNREFUSED'), true],
    [
      'does not accept the user and password',
      new Error('tunneling socket could not be established, statusCode=407'),
      false,
    ],
    [
      'kms.eu-west-1.amazonaws.com:443 (it answered 403)',
      new Error('x', { cause: new Error('Proxy response (403) !== 200 when HTTP Tunneling') }),
      false,
    ],
    ['(it answered 503)', new Error('Proxy response (503)'), true],
    ['through the proxy http://proxy:3128 failed with ECONNRESET', failure('ECONNRESET'), true],
  ])('behind a proxy names it without its password: %s', (what, thrown, transient) => {
    process.env['https_proxy'] = 'http://me:hidden@proxy:3128';
    const explained = explainConnection(thrown, url);
    expect(explained?.what).toContain(what);
    expect(explained?.transient).toBe(transient);
    expect(JSON.stringify(explained)).not.toContain('hidden');
  });
});
