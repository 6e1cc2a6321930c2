import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseReportFile, renderReportFile, type ReportFile } from '../../../src/report-files/file.js';
import { fileName, writeReportFiles } from '../../../src/report-files/write.js';
import { renderComment } from '../../../src/report/comment.js';
import { plan, report, row } from '../../support/plan-builder.js';
import { CASES } from '../../support/report-cases.js';

const ORIGIN = { repository: 'octo-org/octo-repo', runId: '7', attempt: 1, commit: 'a'.repeat(40) };
const fileOf = (input: ReportFile['report']): ReportFile => ({
  key: 'orders',
  origin: ORIGIN,
  hasWork: true,
  report: input,
});

function readBack(text: string): ReportFile {
  const parsed = parseReportFile(text);
  if (parsed.is !== 'report') throw new Error(JSON.stringify(parsed));
  return parsed.file;
}

describe('the report of one key as a file', () => {
  test.each(Object.entries(CASES))('gives the very same comment when it is read back: %s', (_, make) => {
    const input = make();
    const back = readBack(renderReportFile(fileOf(input)));
    expect(back.origin).toEqual(ORIGIN);
    expect(renderComment(back.report)).toBe(renderComment(input));
  });

  test('has no raw side of a resource in it, which may hold what Terraform calls sensitive', () => {
    const model = plan([row({ region: 'ap-southeast-1', key: { action: 'create' } })]);
    const [first, ...others] = model.resources;
    if (first === undefined) throw new Error('no resource');
    const secret = {
      ...first,
      after: { ...first.after, custom: 'top-secret' },
      afterUnknown: { other: 'top-secret' },
    };
    const rows = model.regions.map((each) => ({ ...each, key: secret }));
    const text = renderReportFile(
      fileOf(
        report({
          ...model,
          resources: [secret, ...others],
          drift: [secret],
          regions: rows,
          outputs: { o: 'top-secret' },
        }),
      ),
    );
    expect(text).not.toContain('top-secret');
  });

  test('with a role that is none is broken: words of ours are not shown as text from outside is', () => {
    const region = { region: 'ap-southeast-1', role: '@octocat<img>' };
    for (const part of ['keys', 'verification']) {
      const file = fileOf(report(plan([]), { [part]: [{ ...region, keyArn: 'x', checks: [] }] }));
      expect(parseReportFile(renderReportFile(file))).toMatchObject({ is: 'broken' });
      expect(renderComment(file.report)).not.toContain('@octocat');
    }
  });

  const whole = JSON.parse(
    renderReportFile(fileOf(report(plan([row({ region: 'ap-southeast-1' })])))),
  ) as object;
  test.each([
    ['a plan', '{"format_version":"1.2"}', 'other'],
    ['text', 'Terraform will perform', 'other'],
    ['a list', '[]', 'other'],
    ['null', 'null', 'other'],
    ['one that was cut', JSON.stringify(whole).slice(0, 400), 'broken'],
    ['one of a later version', JSON.stringify({ ...whole, version: 2 }), 'broken'],
    ['one without an outcome', JSON.stringify({ ...whole, report: { command: 'plan' } }), 'broken'],
    ['one without an origin', JSON.stringify({ ...whole, origin: undefined }), 'broken'],
    ['one with a member that is not known', JSON.stringify({ ...whole, extra: 1 }), 'broken'],
  ])('%s is told as what it is', (_, text, is) => {
    expect(parseReportFile(text).is).toBe(is);
  });

  test('two keys have two names, which every system takes', () => {
    const keys = [
      'a/b',
      'a_2Fb',
      'a.b',
      'a_2Eb',
      'a-b',
      'ä',
      '..',
      'x'.repeat(256),
      `${'x'.repeat(255)}y`,
      'con',
    ];
    const names = keys.map(fileName);
    expect(new Set(names).size).toBe(keys.length);
    for (const name of names) expect(name).toMatch(/^[\w%-]{1,150}\.kms-report$/);
  });

  test('lies in a folder of its own, as Markdown and as JSON', async () => {
    const temporary = await mkdtemp(path.join(os.tmpdir(), 'reports-'));
    const [one, other] = await Promise.all(
      [1, 2].map(() =>
        writeReportFiles(fileOf(report(plan([row({ region: 'ap-southeast-1' })]))), {
          RUNNER_TEMP: temporary,
        }),
      ),
    );
    expect(one).not.toBe(other);
    expect((await readdir(path.dirname(one ?? ''))).sort()).toEqual([
      'orders.kms-report.json',
      'orders.kms-report.md',
    ]);
    const json = (one ?? '').replace(/\.md$/, '.json');
    expect(readBack(await readFile(json, 'utf8')).key).toBe('orders');
  });
});
