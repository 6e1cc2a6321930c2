import { describe, expect, test } from 'vitest';
import { parseBackendConfig } from '../../../src/inputs/backend-config.js';

describe('the settings of a backend', () => {
  test.each<[string, unknown]>([
    ['encrypt=true', { encrypt: 'true' }],
    ['  key = a=b  \r\n\nregion=eu-west-1', { key: 'a=b', region: 'eu-west-1' }],
    ['profile=', { profile: '' }],
    [
      'endpoints.s3=https://s3.example\nassume_role.role_arn=arn:x\nassume_role.session_name=s',
      { endpoints: { s3: 'https://s3.example' }, assume_role: { role_arn: 'arn:x', session_name: 's' } },
    ],
    [
      'assume_role={"role_arn":"arn:x","duration":"1h"}\nassume_role.tags={"cost.centre":"7"}',
      { assume_role: { role_arn: 'arn:x', duration: '1h', tags: { 'cost.centre': '7' } } },
    ],
    ['allowed_account_ids=["111122223333"]', { allowed_account_ids: ['111122223333'] }],
    // Terraform wants these as text, though they are JSON.
    ['credentials={"type":"service_account"}', { credentials: '{"type":"service_account"}' }],
    ['assume_role.policy={"Version":"2012-10-17"}', { assume_role: { policy: '{"Version":"2012-10-17"}' } }],
    ['password={not json', { password: '{not json' }],
  ])('%j', (text, settings) => {
    expect(parseBackendConfig(text)).toEqual(settings);
  });

  test.each([
    ['s3cr3t', 'line 1 is not key=value'],
    ['a=1\n=s3cr3t', 'line 2 is not key=value'],
    ['a..b=s3cr3t', 'line 1 is not key=value'],
    ['a b=s3cr3t', 'line 1 is not key=value'],
    ['a=s3cr3t\na=s3cr3t', '"a" is set twice'],
    ['a=s3cr3t\na.b=s3cr3t', '"a" is set twice'],
    ['a.b=s3cr3t\na={"b":"s3cr3t"}', '"b" is set twice'],
    ['endpoints={s3: s3cr3t}', 'the value of "endpoints" begins as JSON does, and is none'],
  ])('%j is refused, and no value is repeated', (text, reason) => {
    expect(() => parseBackendConfig(text)).toThrow(reason);
    expect(() => parseBackendConfig(text)).not.toThrow(/s3cr3t/);
  });

  test('have no way into the prototype of objects', () => {
    const settings = parseBackendConfig(
      '__proto__.polluted=yes\nconstructor={"__proto__":{"polluted":"yes"}}',
    );
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect(Object.keys(settings)).toEqual(['__proto__', 'constructor']);
  });
});
