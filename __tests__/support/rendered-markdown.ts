/** What a Markdown text turns into once it is rendered: what is code, what is markup, what GitHub would react to. */

import fc from 'fast-check';
import { marked, type Token, type Tokens } from 'marked';
import { HOSTILE } from './report-cases.js';

/** Text made of what Markdown, GitHub and HTML react to, mixed with anything else. */
export const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.constantFrom(
        '`',
        '``',
        '```',
        '~~~',
        '|',
        '\\',
        '\\|',
        '\n',
        '\r\n',
        '@octocat',
        '#1',
        'GH-1',
        '<b>',
        '<!--',
        '-->',
        '**',
      ),
      fc.constantFrom(
        '[x](http://x.y)',
        'http://x.y',
        'www.x.y',
        '</details>',
        '&lt;',
        '$x$',
        ' ',
        '\t',
        '- ',
        '# ',
        '> ',
        '1. ',
        '---',
      ),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

function childrenOf(token: Token): Token[] {
  switch (token.type) {
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      return [...header, ...rows.flat()].flatMap(({ tokens }) => tokens);
    }
    case 'list':
      return (token as Tokens.List).items;
    default:
      return 'tokens' in token ? (token.tokens ?? []) : [];
  }
}

function flatten(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token) => [token, ...flatten(childrenOf(token))]);
}

/** Every token of the text, blocks and what is in them. */
export const tokensOf = (markdown: string): Token[] => flatten(marked.lexer(markdown, { gfm: true }));

/** The contents of the code spans, in order. */
export const codesOf = (markdown: string): string[] =>
  tokensOf(markdown).flatMap((token) => (token.type === 'codespan' ? [(token as Tokens.Codespan).text] : []));

/** What GitHub would react to outside code: mentions, references, commits, addresses, mathematics, emoji, markup. */
const LIVE = /@|#\d|\bGH-\d|\b[0-9a-f]{7,40}\b|https?:|www\.|\$|:\w+:|[<>&*_~|\\]/;

/** The pieces of text outside code that GitHub would react to. */
export function liveText(markdown: string): string[] {
  return tokensOf(markdown)
    .filter((token) => token.type === 'text' && childrenOf(token).length === 0)
    .map((token) => (token as Tokens.Text).text)
    .filter((text) => LIVE.test(text));
}

const MARKUP = new Set([
  'link',
  'image',
  'html',
  'em',
  'strong',
  'del',
  'heading',
  'hr',
  'code',
  'escape',
  'def',
  'br',
]);

/** The kinds of markup in the text, other than paragraphs, tables, lists, quotations and code spans. */
export const markupIn = (markdown: string): string[] =>
  tokensOf(markdown)
    .map(({ type }) => type)
    .filter((type) => MARKUP.has(type));
