import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { marked, type Tokens } from 'marked';
import {
  clip,
  escapeAsCode,
  escapeAsProse,
  showInvisible,
  showInvisibleInLines,
} from '../../../src/report/escape.js';
import {
  alert,
  blocks,
  codeBlock,
  details,
  FULL,
  join,
  link,
  mark,
  prose,
  sign,
  some,
  table,
} from '../../../src/report/markdown.js';
import { codesOf, liveText, markupIn, nasty, tokensOf } from '../../support/rendered-markdown.js';
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
        expect(codesOf(`before ${escapeAsCode(text)} after`)).toEqual([shown]);
      }),
      runs(1000),
    );
  });

  test('holds any text in a cell, and the table keeps its columns', () => {
    fc.assert(
      fc.property(nasty, nasty, (left, right) => {
        const markdown = String(table([mark`a`, mark`b`], [[mark`${left}`, mark`${right}`]]));
        const [first] = marked.lexer(markdown, { gfm: true }) as Tokens.Table[];
        expect([first?.type, first?.header.length, first?.rows.length]).toEqual(['table', 2, 1]);
        expect(markupIn(markdown).filter((type) => type !== 'html')).toEqual([]);
        expect(liveText(markdown.replaceAll('<em>empty</em>', ''))).toEqual([]);
      }),
      runs(1000),
    );
  });

  test('says so when there is nothing to see', () => {
    expect(escapeAsCode('  ')).toBe('<em>empty</em>');
  });

  test('spells out an absurd run of backticks', () => {
    expect(escapeAsCode('`'.repeat(17))).toBe(`\`${'\\u0060'.repeat(17)}\``);
  });
});

describe('the template tag', () => {
  test('escapes any text that is put in, beside what is ours', () => {
    fc.assert(
      fc.property(nasty, nasty, (text, other) => {
        const markdown = String(mark`Key ${text} and ${prose(other)}`).replaceAll('<em>empty</em>', 'empty');
        expect(markupIn(markdown)).toEqual([]);
        expect(liveText(markdown)).toEqual([]);
        expect(marked.lexer(markdown, { gfm: true }).length).toBe(1);
      }),
      runs(1000),
    );
  });

  test('escapes a text wherever blocks are made of it', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const all = blocks([
          table([mark`a`], [[mark`${text}`]]),
          alert('NOTE', [mark`${text}`, join([text, text], '<br>')]),
          details(text, [some([text, text], 'rows', ', ')], '🔑'),
        ]);
        const ours = /^<\/?(?:em|br|details)>$|^<details><summary>🔑 <code>[^<>&@#`]*<\/code><\/summary>$/;
        const html = tokensOf(String(all)).filter(({ type }) => type === 'html');
        expect(html.map(({ raw }) => raw.trim()).filter((raw) => !ours.test(raw))).toEqual([]);
        expect(liveText(String(all)).filter((live) => live !== '[!NOTE]')).toEqual([]);
      }),
      runs(500),
    );
  });

  test('puts in what is Markdown already as it is, and numbers with their separators', () => {
    expect(String(mark`${mark`**bold** ${'a*b'}`}: ${1200} keys`)).toBe('**bold** `a*b`: 1,200 keys');
  });

  test('shortens texts from outside by the size, and counts what lists leave out', () => {
    const markdown = mark`${'abcdef'} in ${some(['a', 'b', 'c'], 'values', ' ')}`;
    expect(markdown.at({ ...FULL, values: 2, text: 4 })).toBe(
      '`abcd… (2 more characters)` in `a` `b` and 1 more',
    );
  });

  test('is the only way in: elsewhere a text is refused by the compiler, or escaped', () => {
    // @ts-expect-error: a text is no block
    expect(String(blocks(['<b>']))).toBe('`<b>`');
    expect(String(join(['<b>', mark`b`], ' '))).toBe('`<b>` b');
    expect(String(table([mark`a`], [['<b>']]))).toContain('| `<b>` |');
  });
});

test('a sign is one emoji, and anything else is escaped', () => {
  expect(['🗑️', '⚠️', '<b>', '🔑🔑'].map((text) => String(sign(text)))).toEqual([
    '🗑️',
    '⚠️',
    '`<b>`',
    '`🔑🔑`',
  ]);
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
    expect(escapeAsProse(text)).toBe(markdown);
  });

  test('never holds anything but words and code, whatever it is given', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        // Backticks around nothing are our own word for nothing.
        const markdown = `Said: ${escapeAsProse(text)}`.replaceAll('<em>empty</em>', 'empty');
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
  escapeAsProse(text);
  expect(performance.now() - start).toBeLessThan(2_000);
});

describe('a code block', () => {
  test('holds exactly its text, and ends where it should', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const markdown = `${String(codeBlock(text, 'diff'))}\n\nafter`;
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
    expect(String(block)).toBe(
      `<pre>\n${'`'.repeat(20)}\n${'~'.repeat(20)}\n&lt;/pre&gt;&lt;b&gt;@octocat &amp; co\n</pre>`,
    );
  });
});

describe('an alert', () => {
  test('keeps every line in its quotation', () => {
    expect(String(alert('CAUTION', [mark`a`, mark`- b\n- c`]))).toBe('> [!CAUTION]\n> a\n>\n> - b\n> - c');
  });
});

describe('a link', () => {
  test('leads only to plain web addresses', () => {
    expect(String(link('run', 'https://github.com/a/b/actions/runs/1'))).toBe(
      '[run](https://github.com/a/b/actions/runs/1)',
    );
    expect(String(link('run', 'javascript:alert(1)'))).toBe('run `javascript:alert(1)`');
    expect(String(link('run', 'https://x/) <b>'))).toBe('run `https://x/) <b>`');
    expect(String(link('run', 'javascript:https://x/'))).toBe('run `javascript:https://x/`');
    expect(String(link('run', 'http://127.0.0.1:8/'))).toBe('[run](http://127.0.0.1:8/)');
  });
});

describe('clipping', () => {
  test('says how much is missing and splits no character', () => {
    expect(clip('abcdef', 4)).toBe('abcd… (2 more characters)');
    expect(clip('ab🔑d', 3)).toBe('ab… (3 more characters)');
    expect(clip('abc', 3)).toBe('abc');
  });
});
