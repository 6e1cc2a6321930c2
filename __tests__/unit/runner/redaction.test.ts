import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { createRedactor, isTrivial, type Redactor } from '../../../src/runner/redaction.js';
import { runs } from '../../support/runs.js';

function knowing(...secrets: readonly string[]): Redactor {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

const TOKEN = 'IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDc+f/x9Yz0aK2+abc==';

describe('a secret is taken out', () => {
  test.each<[string, string[], string, string]>([
    ['as it is', ['hunter2-hunter2'], 'a hunter2-hunter2 b', 'a *** b'],
    ['each time', ['hunter2-hunter2'], 'hunter2-hunter2,hunter2-hunter2', '***,***'],
    ['the longest first', ['abc', 'abcdefghSECRETTAIL'], 'x abcdefghSECRETTAIL y abc', 'x *** y ***'],
    ['two that overlap, as one', ['abcdefgh', 'efghSECRET'], 'abcdefghSECRET', '***'],
    ['two of one that overlap', ['abababab'], '.ababababab.', '.***.'],
    [
      'two that overlap of what is last of the basic plane',
      ['\uffff'.repeat(8)],
      `.${'\uffff'.repeat(9)}.`,
      '.***.',
    ],
    ['a common word', ['here'], 'it was here', 'it was ***'],
    ['one inside another', ['0123456789abc', '3456789a'], '>0123456789abc<', '>***<'],
    [
      'a short one only as a word',
      ['abc'],
      'abc, "abc" but abcd, xabc, abc_d',
      '***, "***" but abcd, xabc, abc_d',
    ],
    [
      'with white space that was broken into lines',
      ['correct horse battery'],
      'is correct\n│ horse\n battery!',
      'is ***!',
    ],
    ['with spaces as pluses', ['correct horse battery'], 'q=correct+horse%20battery', 'q=***'],
    ['in JSON', ['pa"ss\\wo\trd'], JSON.stringify({ a: 'pa"ss\\wo\trd' }), '{"a":"***"}'],
    ['in JSON within JSON', ['pa"ss\\word'], JSON.stringify(JSON.stringify('pa"ss\\word')), '"\\"***\\""'],
    ['in JSON as Go writes it', ['p<a>s&s/word'], '"p\\u003ca\\u003Es\\u0026s/word"', '"***"'],
    ['in an address', ['p@ss/wörd=ß'], `u:${encodeURIComponent('p@ss/wörd=ß')}@h`, 'u:***@h'],
    ['in an address, in small letters', ['p@ss/word'], 'u:p%40ss%2fword@h', 'u:***@h'],
    [
      'in an address within an address',
      ['p@ss%word'],
      encodeURIComponent(encodeURIComponent('p@ss%word')),
      '***',
    ],
    ['in HTML', ['p<a>"s\'&word'], 'p&lt;a&gt;&quot;s&#39;&amp;word', '***'],
    ["in HTML, with an apostrophe's name", ["it's-a-secret"], 'it&apos;s-a-secret', '***'],
    [
      'with more white space than is left of it',
      ['correct  horse \t battery'],
      'correct horse battery',
      '***',
    ],
    ['in HTML by numbers', ['p<a>ssword'], 'p&#x3C;a&#62;ssword p&#x03c;a&#062;ssword', '*** ***'],
    ['in HTML twice', ['p&ssword'], 'p&amp;amp;ssword', '***'],
    ['in Markdown', ['p_a*s`s[word]'], 'p\\_a\\*s\\`s\\[word\\]', '***'],
    [
      'beyond the basic plane',
      ['päss🔑wörd'],
      '"päss🔑wörd" "p\\u00e4ss\\ud83d\\udd11w\\u00F6rd"',
      '"***" "***"',
    ],
    ['with a no-break space in an address', ['päss\u00a0word'], encodeURIComponent('päss\u00a0word'), '***'],
    ['with a no-break space in JSON', ['pass\u00a0word'], '"pass\\u00A0word" pass word', '"***" ***'],
    ['as one code point in braces', ['pass\u{E0041}word'], 'pass\\u{E0041}word', '***'],
    ['in base64 in an address', ['>>>???>>>'], `?a=${encodeURIComponent(btoa('>>>???>>>'))}`, '?a=***'],
    ['in base64 for addresses', ['>>>???>>>'], 'Pj4-Pz8_Pj4-', '***'],
    ['in base64 in JSON', ['>>>???>>>'], '"Pj4+Pz8\\/Pj4+"', '"***"'],
    ['in hexadecimal', ['hunter2-h'], '68756E746572322D68 68756e746572322d68', '*** ***'],
    ['in hexadecimal, as S3 writes it', ['hunter2-h'], 'a 68 75 6e 74 65 72 32 2d 68 b', 'a *** b'],
    ['with the signs of a pattern', ['a.b*c(d)[e]{f}|g^$?'], 'a.b*c(d)[e]{f}|g^$? aXb', '*** aXb'],
  ])('%s', (_, secrets, text, shown) => {
    expect(knowing(...secrets).redact(text)).toBe(shown);
    expect(knowing(...[...secrets].reverse()).redact(text)).toBe(shown);
  });

  test.each([0, 1, 2])('in base64, with %d characters before it', (shift) => {
    const encoded = Buffer.from(`${'u'.repeat(shift)}s3cr3t-passw0rd?>~:x`).toString('base64');
    const shown = knowing('s3cr3t-passw0rd?>~').redact(`Basic ${encoded}`);
    expect(shown).toMatch(/^Basic .{0,4}\*{3}.{0,6}$/);
    expect(knowing('s3cr3t-passw0rd?>~').redact(encoded.replaceAll('+', '-').replaceAll('/', '_'))).toContain(
      '***',
    );
  });

  test('of several lines as a whole and line by line, but not what frames every key', () => {
    const key =
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\nabc=\n-----END PRIVATE KEY-----\n';
    const redactor = createRedactor();
    expect(redactor.add(key)).toEqual(['MIIEvQIBADANBgkq', 'hkiG9w0BAQEFAASC']);
    expect(redactor.redact(`> ${key}`)).toBe('> ***\n');
    expect(redactor.redact(JSON.stringify(key))).toBe('"***\\n"');
    expect(redactor.redact('│ hkiG9w0BAQEFAASC')).toBe('│ ***');
    expect(redactor.redact('a -----BEGIN PRIVATE KEY----- b')).toBe('a -----BEGIN PRIVATE KEY----- b');
  });

  test('of several lines each that is long enough, without what it is indented by, and no short one', () => {
    const redactor = knowing(
      '  first-of-them  \n    second-of-them\nA-----BEGIN KEY-----\n-----END KEY-----B\nword12\neight-88',
    );
    for (const line of [
      'first-of-them',
      'second-of-them',
      'A-----BEGIN KEY-----',
      '-----END KEY-----B',
      'eight-88',
    ])
      expect(redactor.redact(line)).toBe('***');
    expect(redactor.redact('word12')).toBe('word12');
  });

  test.each([
    ['a short one is not', 'pass12x', 'pass12…', 'pass12…'],
    ['one of eight characters is', 'pass12xy', 'pass12…', '***…'],
    ['right behind a quote of its own', 'abcdefg"-and-more', 'x abcdefg"', 'x ***'],
    ['a piece of 24 characters is', 'abcdefghijklmnopqrstuvwx', '.bcdefghijklmnopq.', '.***.'],
    ['a piece of 23 is not', 'abcdefghijklmnopqrstuvw', '.bcdefghijklmnopq.', '.bcdefghijklmnopq.'],
  ])('known again when it was cut: %s', (_, secret, text, shown) => {
    expect(knowing(secret).redact(text)).toBe(shown);
  });

  test.each([
    ['its beginning, before an ellipsis', `${TOKEN.slice(0, 9)}… (900 more)`, '***… (900 more)'],
    [
      'its beginning, before an ellipsis and much more',
      `${TOKEN.slice(0, 9)}…${' x'.repeat(60)}`,
      `***…${' x'.repeat(60)}`,
    ],
    ['its beginning, before three dots', `x ${TOKEN.slice(0, 9)}... more`, 'x ***... more'],
    ['its beginning, at the end', `token:${TOKEN.slice(0, 30)}`, 'token:***'],
    ['its beginning, at the end in quotes', `{"token:${TOKEN.slice(0, 8)}"}`, '{"token:***"}'],
    ['a piece from its middle', `a ${TOKEN.slice(11, 40)} b`, 'a *** b'],
    ['its end', `a ${TOKEN.slice(-20)} b`, 'a *** b'],
  ])('cut by somebody else: %s', (_, text, shown) => {
    expect(knowing(TOKEN).redact(text)).toBe(shown);
  });

  test('what base64 breaks into lines of 76 characters', () => {
    const lines = Buffer.from(`{"token":"${TOKEN}${TOKEN}"}`).toString('base64').replace(/.{76}/g, '$&\n');
    const shown = knowing(TOKEN).redact(lines);
    expect(shown.split('\n').every((line) => line.includes('***'))).toBe(true);
    expect(Buffer.from(shown.replaceAll('***', ' '), 'base64').toString()).not.toContain(TOKEN.slice(0, 12));
  });

  test.each(['…', '...', 'a…', `${TOKEN.slice(0, 4)}…`])('in no time in a text of many cuts: %s', (cut) => {
    const redactor = knowing(TOKEN.repeat(12), 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
    const start = performance.now();
    redactor.redact(cut.repeat(100_000 / cut.length));
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  test('four characters of its beginning are everybody’s', () => {
    for (const text of ['x IQoJ…', 'x IQoJb3J', '"IQoJb3J"', 'x IQoJb and more…', 'IQoJbIQoJ…'])
      expect(knowing(TOKEN).redact(text)).toBe(text);
  });

  test('nor is a name that everybody sees hidden for being a part of a secret', () => {
    const redactor = createRedactor();
    redactor.keepVisible('arn:aws:kms:alias/payments-production-orders');
    redactor.add('production-orders-2024');
    redactor.add('payments-production-orders-and-more');
    for (const text of [
      'alias/payments-production-orders',
      '{"a":"alias/payments-production-orders"}',
      'production-orders…',
    ])
      expect(redactor.redact(text)).toBe(text);
    expect(redactor.redact('production-orders-202…')).toBe('***…');
    expect(redactor.redact('payments-production-orders-and-more')).toBe('***');
  });

  test('a text that imitates escapes without an end takes no time', () => {
    const started = Date.now();
    const redactor = knowing('a\\"b c&d%e', '\\\\\\\\\\\\\\\\', 'x          y');
    for (const text of ['a\\', '\\', ' ', '&amp;', '%25', 'a '].map((part) => part.repeat(40_000)))
      redactor.redact(text);
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});

describe('what is no secret stays', () => {
  test.each(['true', 'FALSE', 'null', '1', '30', '-1', '12345', '0.5', '12.345', 'on', 'no', 'ab', ' ', ''])(
    '%j',
    (value) => {
      expect(isTrivial(value)).toBe(true);
      expect(knowing(value).add(value)).toEqual([]);
      expect(knowing(value).redact(`x ${value} y`)).toBe(`x ${value} y`);
    },
  );

  test('nor is one that has spaces around it', () => {
    expect(isTrivial('  true ')).toBe(true);
    expect(isTrivial(' a ')).toBe(true);
  });

  test.each(['abc', '123456', 'truest', 'nothing'])('%j is one', (value) => {
    expect(isTrivial(value)).toBe(false);
    expect(knowing(value).isMasked(`x ${value} y`)).toBe(true);
  });

  test('a text that was to stay visible is not hidden by a secret in it', () => {
    const redactor = createRedactor();
    redactor.keepVisible('arn:aws:kms:alias/production-orders');
    expect(redactor.add('production')).toEqual([]);
    expect(redactor.redact('in production')).toBe('in production');
    expect(redactor.add('production2')).toEqual(['production2']);
  });

  test('a short secret is not told to the runner, which would hide it inside other words', () => {
    expect(createRedactor().add('s3cr3t')).toEqual([]);
    expect(createRedactor().add('s3cr3t-8')).toEqual(['s3cr3t-8']);
  });

  test('a secret is told to the runner once', () => {
    expect(knowing('hunter2-hunter2').add('hunter2-hunter2')).toEqual([]);
  });
});

describe('a whole value', () => {
  const redactor = knowing('hunter2-hunter2');

  test('has its texts and names redacted, whatever holds them', () => {
    expect(
      redactor.redactAll({
        a: ['x hunter2-hunter2', 1, null, undefined, true],
        'hunter2-hunter2': new Map([['hunter2-hunter2', new Set(['hunter2-hunter2'])]]),
      }),
    ).toEqual({ a: ['x ***', 1, null, undefined, true], '***': new Map([['***', new Set(['***'])]]) });
  });

  test('without a secret is the same object', () => {
    const [inner, map, set] = [{ a: ['b'] }, new Map([['a', 'b']]), new Set(['a'])];
    const value = { inner, map, set, changed: 'hunter2-hunter2' };
    const { inner: kept, ...rest } = redactor.redactAll(value);
    expect(kept).toBe(inner);
    expect([rest.map, rest.set, redactor.redactAll(map)]).toEqual([map, set, map]);
    expect(rest.map).toBe(map);
    expect(rest.set).toBe(set);
  });
});

describe('for any secrets in any text', () => {
  const character = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...Array.from('abcXYZ0189')) },
    fc.constantFrom(...Array.from('+/=_-.:@%&<>"\'\\`~#?!()[]{}|^$* äß🔑')),
  );
  const secret = fc
    .array(character, { minLength: 8, maxLength: 60 })
    .map((characters) => characters.join('').trim())
    .filter((text) => text.length >= 8 && !/^\d+(?:\.\d*)?$/.test(text));
  const HTML: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  const inHtml = (text: string): string => text.replace(/[&<>"']/g, (found) => HTML[found] ?? found);
  const forms: Readonly<Record<string, (text: string) => string>> = {
    plain: (text) => text,
    json: (text) => JSON.stringify(text).slice(1, -1),
    'json in json': (text) => JSON.stringify(JSON.stringify(text)).slice(1, -1),
    address: encodeURIComponent,
    form: (text) => new URLSearchParams([['', text]]).toString().slice(1),
    html: inHtml,
    'html of json': (text) => inHtml(JSON.stringify(text)),
    'json of an address': (text) => JSON.stringify(encodeURIComponent(text)),
    markdown: (text) => text.replace(/[\\`*_{}[\]()#+.!|<>~-]/g, '\\$&'),
    ascii: (text) =>
      JSON.stringify(text).replace(
        /[\u007f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
  };

  test.each(Object.entries(forms))('none is left as %s', (_, form) => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 5 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const shown = knowing(...secrets).redact(
            secrets.map((each) => `${before}${form(each)}${after}`).join(''),
          );
          for (const each of secrets) expect(shown).not.toContain(form(each));
        },
      ),
      runs(300),
    );
  });

  test('none is left in base64', () => {
    fc.assert(
      fc.property(secret, fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), (each, before, after) => {
        const encoded = Buffer.from(`${before}${each}${after}`).toString('base64');
        const shown = knowing(each).redact(encoded);
        const kept = shown.split('***').map((part) => part.length);
        // Beside the neighbours: three bytes share four characters.
        expect(Math.max(...kept)).toBeLessThanOrEqual(Math.ceil((Buffer.byteLength(before) * 4) / 3) + 32);
        expect(shown).toContain('***');
      }),
      runs(300),
    );
  });

  test('none is left after a cut at any place', () => {
    fc.assert(
      fc.property(secret, fc.nat(100), (each, at) => {
        const text = `token is ${each}`;
        const end = Math.min(at, text.length);
        const shown = knowing(each).redact(`${text.slice(0, end)}…`);
        expect(shown).not.toContain(each.slice(0, 5));
      }),
      runs(500),
    );
  });

  test('what has no secret in it stays as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(knowing('QZX-nowhere-to-be-found-7').redact(text)).toBe(text);
      }),
    );
  });
});
