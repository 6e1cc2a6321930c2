import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { HclError, parseHcl, writeHcl, type HclItem, type HclValue } from '../../../src/terraform/hcl.js';

const text = (value: string): HclValue => ({ is: 'text', text: value });
const body = (...items: HclItem[]): HclValue => ({ is: 'body', items });
const item = (value: HclValue, ...keys: string[]): HclItem => ({ keys, value });

describe('a CLI configuration is read as Terraform reads it', () => {
  test.each<[string, HclItem[]]>([
    ['', []],
    ['# a = "b"\n// c {}\n/* d {\n} */', []],
    ['a = "b" # c\n', [item(text('b'), 'a')]],
    ['a = true\nb = 10', [item({ is: 'word', word: 'true' }, 'a'), item({ is: 'word', word: '10' }, 'b')]],
    ['a = "q\\"u\\\\o\\tt\\u00e4 # { } = //"', [item(text('q"u\\o\tt\u00e4 # { } = //'), 'a')]],
    ['a = "$HOME/x ${HOME}/y $$"', [item(text('$HOME/x ${HOME}/y $$'), 'a')]],
    ['a = ["b", "c",]', [item({ is: 'list', values: [text('b'), text('c')] }, 'a')]],
    ['a = [ # x\n]', [item({ is: 'list', values: [] }, 'a')]],
    ['a "b" {\n  c = "d"\n}', [item(body(item(text('d'), 'c')), 'a', 'b')]],
    ['"a" "b" { "c/d" = "e", f {} }', [item(body(item(text('e'), 'c/d'), item(body(), 'f')), 'a', 'b')]],
    ['a\n{\n}', [item(body(), 'a')]],
    ['a = { b = "c" } d = "e"', [item(body(item(text('c'), 'b')), 'a'), item(text('e'), 'd')]],
    ['a = <<EOT\n  b {\n# c\nEOT\nd = "e"', [item(text('  b {\n# c\n'), 'a'), item(text('e'), 'd')]],
    ['a = <<-EOT\n    b\n      c\n  EOT\n', [item(text('b\n  c\n'), 'a')]],
    [
      '{"a": {"b": {"c": ["d"]}}, "e": [{"f": 1}, {"g": false}]}',
      [
        item(body(item(body(item({ is: 'list', values: [text('d')] }, 'c')), 'b')), 'a'),
        item(body(item({ is: 'word', word: '1' }, 'f'), item({ is: 'word', word: 'false' }, 'g')), 'e'),
      ],
    ],
  ])('%j', (given, items) => {
    expect(parseHcl(given)).toEqual(items);
    expect(parseHcl(given.replace(/\n/g, '\r\n').replace(/\r\n(?=\s*EOT|# c| {2}b)/g, '\n'))).toBeDefined();
  });

  test.each([
    'a',
    'a = ',
    'a = "b',
    'a = "b\nc"',
    'a {',
    'a { b = [ }',
    'a }',
    'a = "${b("',
    'a = <<EOT\nb',
    '= 1',
    'a = b = c',
    '{"a": ',
    '{"a": [1]} }',
    '/* a',
  ])('%j is not in that form', (given) => {
    expect(() => parseHcl(given)).toThrow(HclError);
  });

  test('where it is wrong, the line is named and nothing of it is repeated', () => {
    expect(() => parseHcl('a = "b"\ntoken = s3cr3t"\n')).toThrow('line 2');
    expect(() => parseHcl('a = "b"\ntoken = s3cr3t"\n')).not.toThrow(/s3cr3t/);
    expect(() => parseHcl('{"token": "s3cr3t')).not.toThrow(/s3cr3t/);
  });
});

describe('what is written is what was read', () => {
  const word = fc.constantFrom({ is: 'word', word: 'true' } as const, { is: 'word', word: '17' } as const);
  const texts = fc.string({ unit: 'grapheme' }).filter((value) => !/\$\{/.test(value));
  const key = fc.oneof(fc.constantFrom('a', 'b_c', 'd.e', 'f-g'), texts);
  const { value } = fc.letrec<{ value: HclValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      texts.map(text),
      word,
      fc.array(texts.map(text)).map((values) => ({ is: 'list', values }) as const),
      fc
        .array(fc.record({ keys: fc.tuple(key), value: tie('value') }))
        .map((items) => ({ is: 'body', items }) as const),
    ),
  }));

  test('whatever stands in it', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ keys: fc.tuple(key), value })), (items) => {
        expect(parseHcl(writeHcl(items))).toEqual(items);
      }),
    );
  });

  test('an expression is not written: Terraform would go on reading behind the end of its text', () => {
    expect(() => writeHcl([item(text('${a("'), 'b')])).toThrow(HclError);
  });
});
