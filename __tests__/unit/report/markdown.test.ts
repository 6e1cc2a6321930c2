import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marked, type Tokens } from 'marked';
import {
  alert,
  clip,
  codeBlock,
  codeSpan,
  link,
  prose,
  showInvisible,
  showInvisibleInLines,
  table,
} from '../../../src/report/markdown.js';
import { codesOf, liveText, markupIn, nasty } from '../../support/rendered-markdown.js';
import { runs } from '../../support/runs.js';

describe('invisible characters', () => {
  test.each([
    ['right\u202Eleft', 'right\\u202Eleft'],
    ['zero\u200Bwidth', 'zero\\u200Bwidth'],
    ['soft\u00ADhyphen', 'soft\\u00ADhyphen'],
    ['no\u00A0break', 'no\\u00A0break'],
    ['line\u2028end', 'line\\u2028end'],
    ['nul\u0000', 'nul\\u0000'],
    ['escape\u001B[31m', 'escape\\u001B[31m'],
    ['tag\u{E0041}', 'tag\\u{E0041}'],
    ['lone\uD800', 'lone\\uD800'],
    ['hangul\u3164', 'hangul\\u3164'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['<!-- marker -->', '<\\u0021-- marker -->'],
    ['naïve 東京 🔑', 'naïve 東京 🔑'],
  ])('%j is shown as %j', (text, shown) => {
    expect(showInvisible(text)).toBe(shown);
  });

  test('leave lines and tabs alone in a block', () => {
    expect(showInvisibleInLines('a\r\n\tb\rc\u202E')).toBe('a\n\tb\\u000Dc\\u202E');
  });
});

describe('a code span', () => {
  test('holds any text exactly, its invisible characters shown', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = showInvisible(text);
        fc.pre(shown.trim() !== '' && !/`{17}/.test(shown));
        expect(codesOf(`before ${codeSpan(text)} after`)).toEqual([shown]);
      }),
      runs(1000),
    );
  });

  test('holds any text in a cell, and the table keeps its columns', () => {
    fc.assert(
      fc.property(nasty, nasty, (left, right) => {
        const markdown = table(['a', 'b'], [[codeSpan(left), codeSpan(right)]]);
        const [first] = marked.lexer(markdown, { gfm: true }) as Tokens.Table[];
        expect([first?.type, first?.header.length, first?.rows.length]).toEqual(['table', 2, 1]);
        expect(markupIn(markdown).filter((type) => type !== 'html')).toEqual([]);
        expect(liveText(markdown.replaceAll('<em>empty</em>', ''))).toEqual([]);
      }),
      runs(1000),
    );
  });

  test('says so when there is nothing to see', () => {
    expect(codeSpan('  ')).toBe('<em>empty</em>');
  });

  test('spells out an absurd run of backticks', () => {
    expect(codeSpan('`'.repeat(17))).toBe(`\`${'\\u0060'.repeat(17)}\``);
  });
});

describe('prose', () => {
  test.each([
    ['The replica in ap-southeast-2 goes.', 'The replica in `ap-southeast-2` goes.'],
    [
      'set `allow-destroy: true`, then (again) wait 7–30 days',
      'set `allow-destroy: true`, then (again) wait 7–30 days',
    ],
    ["Ann's key, e.g. alias/x!", "Ann's key, e.g. `alias/x`!"],
    ['ping @octocat about #12 and GH-12', 'ping `@octocat` about `#12` and `GH-12`'],
    ['see https://evil.example.', 'see `https://evil.example`.'],
    ['deadbeef1 fixed it', '`deadbeef1` fixed it'],
    ['one\n# two', 'one `#` two'],
    ['@a`b` and `c`@d', '`` @a`b` `` and `` `c`@d ``'],
    ['("a") and ...', '("a") and `...`'],
    ['ab\u3164 c\uFE0Fd \u115F é', '`ab\\u3164` `c\\uFE0Fd` `\\u115F` é'],
    ['JIRA-123 in us-gov-west-1 of a1-b', '`JIRA-123` in `us-gov-west-1` of a1-b'],
  ])('%j becomes %j', (text, markdown) => {
    expect(prose(text)).toBe(markdown);
  });

  test('never holds anything but words and code, whatever it is given', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        // Backticks around nothing are our own word for nothing.
        const markdown = `Said: ${prose(text)}`.replaceAll('<em>empty</em>', 'empty');
        expect(markupIn(markdown)).toEqual([]);
        expect(liveText(markdown)).toEqual([]);
        expect(marked.lexer(markdown, { gfm: true }).length).toBe(1);
      }),
      runs(2000),
    );
  });
});

test.each([
  ['signs that end a word', `a${').'.repeat(50_000)}x`],
  ['quotation marks', `"'`.repeat(50_000)],
  ['joined words', `${"a-b'".repeat(25_000)}!`],
])('100,000 characters take no time: %s', (_, text) => {
  const start = performance.now();
  prose(text);
  expect(performance.now() - start).toBeLessThan(2_000);
});

describe('a code block', () => {
  test('holds exactly its text, and ends where it should', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const markdown = `${codeBlock(text, 'diff')}\n\nafter`;
        const shown = showInvisibleInLines(text);
        fc.pre(!/`{16}/.test(shown) || !/~{16}/.test(shown));
        const blocks = marked.lexer(markdown, { gfm: true }).filter(({ type }) => type !== 'space');
        expect(blocks.map(({ type }) => type)).toEqual(['code', 'paragraph']);
        // marked turns tabs at the start of a line into spaces and drops one last line end; the text has all of it.
        expect(blocks[0]?.raw.split('\n').slice(1, -1).join('\n')).toBe(shown);
      }),
      runs(1000),
    );
  });

  test('falls back to escaped HTML when no fence is long enough', () => {
    const block = codeBlock(`${'`'.repeat(20)}\n${'~'.repeat(20)}\n</pre><b>@octocat & co`, 'diff');
    expect(block).toBe(
      `<pre>\n${'`'.repeat(20)}\n${'~'.repeat(20)}\n&lt;/pre&gt;&lt;b&gt;@octocat &amp; co\n</pre>`,
    );
  });
});

describe('an alert', () => {
  test('keeps every line in its quotation', () => {
    expect(alert('CAUTION', ['a', '- b\n- c'])).toBe('> [!CAUTION]\n> a\n>\n> - b\n> - c');
  });
});

describe('a link', () => {
  test('leads only to plain web addresses', () => {
    expect(link('run', 'https://github.com/a/b/actions/runs/1')).toBe(
      '[run](https://github.com/a/b/actions/runs/1)',
    );
    expect(link('run', 'javascript:alert(1)')).toBe('run `javascript:alert(1)`');
    expect(link('run', 'https://x/) <b>')).toBe('run `https://x/) <b>`');
    expect(link('run', 'javascript:https://x/')).toBe('run `javascript:https://x/`');
    expect(link('run', 'http://127.0.0.1:8/')).toBe('[run](http://127.0.0.1:8/)');
  });
});

describe('clipping', () => {
  test('says how much is missing and splits no character', () => {
    expect(clip('abcdef', 4)).toBe('abcd… (2 more characters)');
    expect(clip('ab🔑d', 3)).toBe('ab… (3 more characters)');
    expect(clip('abc', 3)).toBe('abc');
  });
});
