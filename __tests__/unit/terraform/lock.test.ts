import { describe, expect, test } from 'vitest';
import { howToFree, lockHolder, whyNotFreed } from '../../../src/terraform/lock.js';

const failed = (said: string): string =>
  `Error releasing the state lock\n\nError message: ${said}\nLock Info:\n  ID:        7c1\n  Path:      acme-state/team/keys.tfstate\n\nTerraform acquires a lock when accessing your state`;
const s3 = (status: number, rest: string): string =>
  failed(
    `failed to delete the lock file: operation error S3:\nDeleteObject, https response error StatusCode: ${status}, RequestID: 1,\nHostID: , ${rest}`,
  );

describe('why a lock was not freed', () => {
  test.each([
    [
      s3(403, 'api error AccessDenied: Access Denied'),
      /not allowed to s3:DeleteObject on it$/,
      /have it granted/,
    ],
    [
      s3(
        403,
        'api error AccessDenied: User: x is not authorized to perform: s3:DeleteObject on\nresource: "y" with an explicit deny in a service control policy',
      ),
      /not allowed to s3:DeleteObject on it, as a service control policy denies it/,
      /whoever administers the organisation/,
    ],
    [
      s3(400, 'api error ExpiredToken: The provided token has expired.'),
      /had expired/,
      /role-duration-seconds/,
    ],
    [
      s3(503, 'api error ServiceUnavailable: Try again'),
      /\(503 ServiceUnavailable\)/,
      /Nothing is wrong with the role/,
    ],
    [
      s3(503, 'api error SlowDown: Please reduce your request rate.'),
      /\(503 SlowDown\)/,
      /Nothing is wrong with the role/,
    ],
    [
      s3(500, 'api error InternalError: We encountered an internal error'),
      /\(500 InternalError\)/,
      /Nothing is wrong/,
    ],
    [
      failed('operation error S3: DeleteObject, request send failed, dial tcp: i/o timeout'),
      /gave no answer/,
      /network/,
    ],
    [
      failed('operation error S3: DeleteObject, read tcp: connection reset by peer'),
      /gave no answer/,
      /network/,
    ],
    [failed('lock ID "a" does not match existing lock ID "b"'), /another one by now/, /holder/],
    [failed('HTTP remote state endpoint is odd.'), /^HTTP remote state endpoint is odd$/, /^$/],
    ['Error releasing the state lock', /does not say why/, /^$/],
  ])('%#', (text, why, first) => {
    const found = whyNotFreed(text);
    expect(found.why).toMatch(why);
    expect(found.first).toMatch(first);
  });
});

describe('the command that frees a lock', () => {
  test.each([
    [s3(403, ''), 'aws s3 rm s3://acme-state/team/keys.tfstate.tflock'],
    [
      failed('operation error DynamoDB: PutItem, ConditionalCheckFailedException'),
      `aws dynamodb delete-item --table-name TABLE --key '{"LockID":{"S":"acme-state/team/keys.tfstate"}}'`,
    ],
    [
      failed('writing "gs://acme/keys/default.tflock" failed: googleapi: Error 412'),
      'gcloud storage rm gs://acme/keys/default.tflock',
    ],
    [failed('pq: lock is held'), 'terraform force-unlock 7c1'],
    ['nothing known', 'terraform force-unlock LOCK-ID'],
  ])('%#', (text, command) => {
    expect(howToFree(text)).toContain(`\`${command}\``);
  });
});

test('60,000 empty lines in a record, which anybody wrote who may write the lock, take no time', () => {
  const start = performance.now();
  lockHolder('\n'.repeat(60_000));
  howToFree('\n'.repeat(60_000));
  expect(performance.now() - start).toBeLessThan(2_000);
});
