import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { ActionError, messageOf } from '../../../src/errors.js';
import {
  Invalid,
  parseAssignments,
  parseBoolean,
  parseInteger,
  parseList,
  quote,
  splitList,
} from '../../../src/inputs/parsers.js';
import { parseTags } from '../../../src/inputs/tags.js';
import { parsePolicyInput } from '../../../src/inputs/files.js';
import { INPUT_NAMES } from '../../../src/inputs/table.js';
import { read } from '../../support/inputs.js';

const word = fc.stringMatching(/^[\w./:][\w./:-]{0,19}$/);
const gap = fc.stringMatching(/^(?:[ \t,]|\r?\n){1,4}$/);
const wild = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('\r\n', '::error::x', '`', '${{ x }}'),
);

describe('a list', () => {
  test('is the same as JSON and with dashes, in quotes or not', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word), fc.constantFrom('', '"', "'"), (entries, mark) => {
        expect(splitList(JSON.stringify(entries))).toEqual(entries);
        expect(splitList(JSON.stringify(entries, undefined, 2))).toEqual(entries);
        const lines = entries.map((entry) => `- ${mark}${entry}${mark}`);
        expect(splitList(lines.join('\n'))).toEqual(entries);
        expect(splitList(lines.map((line) => `  ${line} # why`).join('\r\n'))).toEqual(entries);
      }),
    );
  });

  test('is the same by commas, spaces, newlines and CRLF in any mixture', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word), fc.array(gap, { minLength: 22, maxLength: 22 }), (entries, gaps) => {
        const text =
          (gaps[21] ?? '') + entries.map((entry, index) => entry + (gaps[index % 21] ?? ',')).join('');
        expect(parseList((entry) => entry)(text)).toEqual(entries);
      }),
    );
  });

  test('names nothing twice', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1 }), fc.nat(), (entries, at) => {
        const twice = [...entries, entries[at % entries.length] ?? ''].join(',');
        expect(() => parseList((entry) => entry)(twice)).toThrow('is named twice');
      }),
    );
  });
});

describe('a boolean', () => {
  test('is true or false in any case and with any white space around it, and nothing else', () => {
    const space = fc.stringMatching(/^[ \t\r\n]*$/);
    const cased = fc.tuple(fc.boolean(), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }));
    fc.assert(
      fc.property(space, cased, space, (before, [value, upper], after) => {
        const text = String(value).replace(/./g, (letter, at: number) =>
          upper[at] ? letter.toUpperCase() : letter,
        );
        expect(parseBoolean(before + text + after)).toBe(value);
      }),
    );
    fc.assert(
      fc.property(wild, (text) => {
        fc.pre(!/^\s*(true|false)\s*$/i.test(text));
        expect(() => parseBoolean(text)).toThrow(Invalid);
      }),
    );
  });
});

test('a number is what its digits say, or refused; it is never rounded, cut or read in part', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer().map(String), fc.double().map(String), wild), (text) => {
      const parse = (): number => parseInteger(90, 2560)(text);
      const isOne = /^\s*\d{1,9}\s*$/.test(text) && Number(text) >= 90 && Number(text) <= 2560;
      if (isOne) expect(parse()).toBe(Number(text));
      else expect(parse).toThrow(Invalid);
    }),
  );
});

describe('tags', () => {
  const text = fc.stringMatching(/^[\p{L}\p{N}_.:/+@-][\p{L}\p{N} _.:/=+@-]{0,20}[\p{L}\p{N}_.:/+@-]$/u);
  const key = text.filter((each) => !each.includes('=') && !/^aws:/i.test(each));
  const tags = fc.dictionary(key, text, { maxKeys: 50 }).map((each) => ({ ...each }));

  test('are the same as lines, with LF or CRLF, and as JSON', () => {
    fc.assert(
      fc.property(tags, fc.constantFrom('\n', '\r\n'), (wanted, end) => {
        const lines = Object.entries(wanted).map(([name, value]) => `${name} = ${value}`);
        expect(parseTags(lines.join(end))).toEqual(wanted);
        expect(parseTags(JSON.stringify(wanted, undefined, 2))).toEqual(wanted);
      }),
    );
  });

  test('of any text are read or refused, and what is refused is never shown raw', () => {
    fc.assert(
      fc.property(wild, (given) => {
        try {
          parseTags(given);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Invalid);
        }
      }),
    );
  });
});

test('no setting of a backend is ever in a message, since it may be a secret', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^secret[a-z0-9]{8}$/),
      fc.constantFrom('=', 'a=', 'a=b\na=', 'x\n'),
      (secret, before) => {
        try {
          parseAssignments(before + secret);
        } catch (thrown) {
          expect(messageOf(thrown)).not.toContain(secret);
        }
      },
    ),
  );
});

test('a value in a message is one line of visible characters, and not long', () => {
  fc.assert(
    fc.property(wild, (text) => {
      const shown = quote(text);
      expect(shown).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/u);
      expect(shown.length).toBeLessThanOrEqual(102);
    }),
  );
});

describe('a policy', () => {
  const oneOrMore = (one: fc.Arbitrary<string>): fc.Arbitrary<string | string[]> =>
    fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));
  const account = fc.stringMatching(/^[0-9]{12}$/);
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.oneof(
      fc.constant('*'),
      oneOrMore(
        fc.oneof(
          account,
          account.map((id) => `arn:aws:iam::${id}:root`),
        ),
      ).map((AWS) => ({ AWS })),
    ),
    Action: oneOrMore(fc.stringMatching(/^kms:[A-Za-z*?]{1,9}$/)),
    Resource: oneOrMore(fc.constantFrom('*', 'arn:aws:kms:*:*:key/*')),
  });
  const policy = fc.array(statement, { minLength: 1, maxLength: 4 });
  const parse = (text: string): string => parsePolicyInput(text, 'aws');

  test('is the same whatever white space it comes in, and when it comes again in its own form', () => {
    fc.assert(
      fc.property(policy, fc.constantFrom(0, 2, '\t'), (Statement, indent) => {
        const document = { Version: '2012-10-17', Statement };
        const parsed = parse(JSON.stringify(document));
        expect(parse(JSON.stringify(document, undefined, indent).replaceAll('\n', '\r\n'))).toBe(parsed);
        expect(parse(parsed)).toBe(parsed);
      }),
    );
  });

  test('of any JSON is read or refused in words', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), wild), (text) => {
        try {
          parse(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Invalid);
        }
      }),
    );
  });
});

describe('all inputs together', () => {
  test('any text in any input is read or refused in words, and becomes no workflow command', () => {
    const inputs = fc.dictionary(fc.constantFrom(...INPUT_NAMES), wild, { maxKeys: 6 });
    fc.assert(
      fc.property(inputs, (changed) => {
        try {
          read({ ...changed });
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ActionError);
          expect(messageOf(thrown)).not.toMatch(/^::/m);
        }
      }),
    );
  });
});
