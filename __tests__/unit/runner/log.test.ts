import * as core from '@actions/core';
import { describe, expect, test, vi } from 'vitest';
import type { StepLog } from '../../../src/deps.js';
import { createLog, withoutCommands } from '../../../src/runner/log.js';

function capture(commands: boolean): { log: StepLog; text: () => string } {
  let written = '';
  const write = (text: string): boolean => {
    written += text;
    return true;
  };
  // The toolkit writes to stdout by itself.
  if (commands) vi.spyOn(process.stdout, 'write').mockImplementation((text) => write(String(text)));
  const log = createLog({
    write,
    toolkit: commands ? core : undefined,
    colour: false,
    newToken: () => 'token-1',
  });
  return { log, text: () => written };
}

describe('on a runner', () => {
  test.each([
    '::error::x',
    '  ::set-output name=a::b',
    '##[error]x',
    'text ##[group]x',
    'a\n::error::x',
    'a\r::error::x',
  ])('the line %j is no workflow command', (line) => {
    const { log, text } = capture(true);
    log.info(line);
    expect(text()).not.toMatch(/^\s*::|##\[|\n./);
  });

  test('an annotation has its title, and its text cannot begin a second command', () => {
    const { log, text } = capture(true);
    log.error('50% of\n::warning::it', { title: 'A: b, c' });
    expect(text()).toBe('::error title=A%3A b%2C c::50%25 of%0A::warning::it\n');
  });

  test('foreign text stands in a group between stop-commands and its token', () => {
    const { log, text } = capture(true);
    log.untrustedGroup('Plan (3.5 s)', '::add-mask::x\nline');
    expect(text()).toBe(
      '::group::Plan (3.5 s)\n::stop-commands::token-1\n::add-mask::x\nline\n::token-1::\n::endgroup::\n',
    );
  });

  test('what is masked is told to the runner line by line and shown nowhere, before the runner could', () => {
    const { log, text } = capture(true);
    log.mask('first-half\nsecond-half');
    log.info('it is first-half here');
    log.untrustedGroup('group', 'and second-half here');
    expect(text().replace(/^::add-mask::.*\n/gm, '')).not.toMatch(/first-half|second-half/);
    expect(log.isMasked('x first-half x')).toBe(true);
    expect(log.isMasked('other')).toBe(false);
  });

  test('an empty secret masks nothing', () => {
    const { log, text } = capture(true);
    log.mask('');
    log.mask(' \n ');
    log.info('a line');
    expect(text()).toBe('a line\n');
  });
});

test('on a terminal there are no commands at all, and foreign text is indented', () => {
  const { log, text } = capture(false);
  log.mask('s3cr3t');
  log.mask('long-enough-for-a-runner');
  log.debug('hidden');
  log.warning('careful', { title: 'Plan' });
  log.untrustedGroup('Plan (1.0 s)', 'one\ns3cr3t');
  expect(text()).toBe('Plan: careful\nPlan (1.0 s)\n  one\n  ***\n');
});

test('on a terminal that shows colours an annotation has its own, and its text can bring no other', () => {
  let written = '';
  const write = (text: string): void => {
    written += text;
  };
  const log = createLog({ write, toolkit: undefined, colour: true, newToken: () => '' });
  log.notice('a\u001b[0mb', { title: 'A' });
  log.warning('b\nc', { title: 'B' });
  log.error('c', { title: 'C' });
  log.info('plain');
  expect(written).toBe(
    '\u001b[36mA: a[0mb\u001b[0m\n\u001b[33mB: b c\u001b[0m\n\u001b[31mC: c\u001b[0m\nplain\n',
  );
});

test('without a runner nothing that the toolkit says to one is written', () => {
  let written = '';
  const write = withoutCommands((text: string) => {
    written += text;
    return true;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => write(String(text)));
  core.setSecret('s3cr3t');
  core.debug('s3cr3t');
  core.warning('s3cr3t', { title: 'a title' });
  core.info('shown');
  process.stdout.write('a::b and ::::\n');
  expect(written).toBe('shown\na::b and ::::\n');
});

test('what turns the order of characters round is shown as what it is, in lines and in annotations', () => {
  const { log, text } = capture(true);
  log.info('let in: \u202e321 account\u2066');
  log.warning('a\u001b[8mb\u202ec\nd', { title: 'e\u2029f' });
  expect(text()).toBe('let in: \\u202e321 account\\u2066\n::warning title=e\\u2029f::a[8mb\\u202ec%0Ad\n');
});

test('control characters, as of a terminal, do not reach the log', () => {
  const { log, text } = capture(true);
  log.info('a\u001b[2Kb\u0008c\u009bd');
  expect(text()).toBe('a[2Kbcd\n');
});
