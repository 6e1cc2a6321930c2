import { describe, expect, test } from 'vitest';
import fc from 'fast-check';

import {
  APPLIED_MARK,
  parseApprovalRecord,
  parseApprovalRecordAmong,
  renderApprovalRecord,
  renderApprovalRecords,
  tellsApply,
  type ApprovalRecord,
} from '../../../src/github/approval-record.js';
import { runs } from '../../support/runs.js';

const RECORD: ApprovalRecord = {
  repository: 'octo-org/octo-repo',
  pullRequest: 7,
  commentKey: 'alias/aws_cb_cmk',
  commit: 'a'.repeat(40),
  digest: `sha256:${'1'.repeat(64)}`,
};

describe('the approval record', () => {
  test('comes back as it was, whatever its texts are, and cannot break out of its comment', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const nasty = fc.constantFrom('-->', '--!>', '<!--', '@team', '\n', '--', '`', '#1', '\u2028', '\u202e');
    const any = fc.array(fc.oneof(text, nasty), { maxLength: 4 }).map((parts) => parts.join(''));
    const creates = fc.record({ address: any, after: any, unknown: fc.array(any, { maxLength: 2 }) });
    const change = fc.record({ line: any, hash: any, creates }, { requiredKeys: ['line', 'hash'] });
    const changes = fc.array(change, { maxLength: 3 });
    const named = any.filter((name) => name !== '__proto__');
    const values = fc.dictionary(named, fc.array(any, { maxLength: 2 }), {
      noNullPrototype: true,
      maxKeys: 3,
    });
    fc.assert(
      fc.property(any, changes, values, (commentKey, some, ofPlan) => {
        const record = { ...RECORD, commentKey, changes: some, values: ofPlan };
        const line = renderApprovalRecord(record);
        expect(line).toMatch(/^<!-- [\x20-\x7e]* -->$/);
        expect(line.slice(4, -3)).not.toMatch(/--|[<>@#`&]/);
        expect(parseApprovalRecord(`First line\n${line}\n`)).toEqual({ found: 'one', record });
      }),
      runs(300),
    );
  });

  test('may leave out the changes, and keeps of each only the words and the hashes', () => {
    const changes = [{ line: 'key created', hash: 'ab', change: { address: 'x' } }];
    const parse = (record: ApprovalRecord): unknown => parseApprovalRecord(renderApprovalRecord(record));
    expect(parse(RECORD)).toEqual({ found: 'one', record: RECORD });
    expect(parse({ ...RECORD, changes })).toEqual({
      found: 'one',
      record: { ...RECORD, changes: [{ line: 'key created', hash: 'ab' }] },
    });
  });

  test('may be of a commit with a SHA-256 id', () => {
    const record = { ...RECORD, commit: 'b'.repeat(64) };
    expect(parseApprovalRecord(renderApprovalRecord(record))).toEqual({ found: 'one', record });
  });

  test('is not there in a comment without one', () => {
    expect(parseApprovalRecord('A comment.\n')).toEqual({ found: 'none' });
  });

  test.each<[string, (line: string) => string, RegExp]>([
    ['stands there twice', (line) => `${line}\n${line}`, /2 of them/],
    ['has text after it', (line) => `${line}\nMore.`, /not the last line/],
    ['has text before it on its line', (line) => `x ${line}`, /not the last line/],
    ['is not JSON', (line) => line.replace('{', '('), /not JSON/],
    ['has another version', (line) => line.replace('"version":2', '"version":1'), /version/],
    ['has a field that it should not have', (line) => line.replace('{', '{"more":1,'), /the record/],
    ['lacks a field', (line) => line.replace(/"pullRequest":7,/, ''), /pullRequest/],
    ['has a digest of another form', (line) => line.replace('sha256:1', 'sha256:x'), /digest/],
    ['has more than a digest', (line) => line.replace('"sha256:', '"x sha256:'), /digest/],
    ['has a digest that is too long', (line) => line.replace(/(1{64})/, '$11'), /digest/],
    ['has a commit that is too long', (line) => line.replace('a'.repeat(40), 'a'.repeat(41)), /commit/],
    [
      'has a commit with more before it',
      (line) => line.replace('a'.repeat(40), `x${'a'.repeat(40)}`),
      /commit/,
    ],
    [
      'has a commit with something else after it',
      (line) => line.replace('a'.repeat(40), `${'a'.repeat(40)}${'x'.repeat(24)}`),
      /commit/,
    ],
    ['has a path as its repository', (line) => line.replace('octo-repo', 'octo-repo/a'), /repository/],
    ['has a URL as its repository', (line) => line.replace('octo-org', 'https://octo-org'), /repository/],
    [
      'has a change with a field of the wrong type',
      (line) => line.replace('{', '{"changes":[{"line":1,"hash":"a"}],'),
      /changes\.0\.line/,
    ],
    ['has a short commit', (line) => line.replace('a'.repeat(40), 'aaaaaaa'), /commit/],
  ])('is not valid when it %s', (_, spoil, reason) => {
    const line = renderApprovalRecord(RECORD);
    expect(spoil(line)).not.toBe(line);
    expect(parseApprovalRecord(`First line\n${spoil(line)}\n`)).toEqual({
      found: 'invalid',
      reason: expect.stringMatching(reason),
    });
  });

  test('is read with the line ends of the browser, too', () => {
    const body = `First line\r\n${renderApprovalRecord(RECORD)}\r\n`;
    expect(parseApprovalRecord(body)).toEqual({ found: 'one', record: RECORD });
  });
});

describe('the mark of a comment that tells of an apply', () => {
  test.each([
    ['is its last line', `Applied.\n${APPLIED_MARK}\n`, true],
    ['is read with the line ends of the browser, too', `Applied.\r\n${APPLIED_MARK}\r\n`, true],
    ['is not found further up, where the text of a plan may hold it', `${APPLIED_MARK}\nMore.`, false],
    ['is no record', renderApprovalRecord(RECORD), false],
  ])('%s', (_, body, tells) => {
    expect(tellsApply(body)).toBe(tells);
  });
});

describe('the records of many plans in one comment', () => {
  const OTHER: ApprovalRecord = {
    ...RECORD,
    commentKey: 'alias/-->other',
    digest: `sha256:${'2'.repeat(64)}`,
    changes: [{ line: 'key <created>', hash: 'ab', creates: { address: 'a', after: 'b', unknown: ['arn'] } }],
    values: { description: ['12345678'] },
  };
  const line = renderApprovalRecords([RECORD, OTHER]);
  const among = (body: string, key = RECORD.commentKey): unknown => parseApprovalRecordAmong(body, key);

  test('come back each by its own key, and by no other', () => {
    expect(line).toMatch(/^<!-- [\x20-\x7e]* -->$/);
    expect(line.slice(4, -3)).not.toMatch(/--|[<>@#`&]/);
    for (const record of [RECORD, OTHER])
      expect(among(`First line\n${line}\n`, record.commentKey)).toEqual({ found: 'one', record });
    expect(among(line, 'alias/third')).toEqual({ found: 'none' });
  });

  test('are no record of a single plan, nor is that one among many', () => {
    expect(parseApprovalRecord(line)).toEqual({ found: 'none' });
    expect(among(renderApprovalRecord(RECORD))).toEqual({ found: 'none' });
    expect(renderApprovalRecords([])).toBe('');
  });

  test.each([
    [
      'a key that is there twice',
      renderApprovalRecords([RECORD, { ...OTHER, commentKey: RECORD.commentKey }]),
    ],
    ['two lines of them', `${line}\n${line}`],
    ['text behind them', `${line}\nand more`],
    ['an end that is none', line.replace(/ -->$/, ' --')],
    ['what is no JSON', line.replace('{', '[')],
    ['another version', line.replace('"version":2', '"version":3')],
    ['a member more', line.replace('"plans"', '"more":1,"plans"')],
    ['a member more in a plan', line.replace('"digest"', '"more":1,"digest"')],
    ['a digest in another form', line.replace('sha256:1', 'sha256:x')],
    ['another repository form', line.replace('octo-org/octo-repo', 'octo-org')],
  ])('are invalid with %s', (_, body) => {
    expect(among(body)).toMatchObject({ found: 'invalid' });
  });
});
