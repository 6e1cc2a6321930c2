import { parse, tokenize, type ObjectNode, type ValueNode } from '@humanwhocodes/momoa';
import { quote } from '../quote.js';

/** A JSON value in which nothing is lost: numbers and booleans keep their text, objects their members' order. */
export type Json =
  | { readonly is: 'object'; readonly members: ReadonlyMap<string, Json> }
  | { readonly is: 'list'; readonly items: readonly Json[] }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'scalar'; readonly text: string }
  | { readonly is: 'null' };

/** Why a text is not accepted as JSON, as the end of a sentence. It never quotes more than a member's name. */
export type JsonReading = { readonly json: Json } | { readonly problem: string };

/** No document of IAM is nested deeper; what is could exhaust the stack. */
const MOST_LEVELS = 32;

/**
 * Reads JSON (RFC 8259) strictly: a member that stands twice in one object is a problem, as readers disagree on which of
 * the two counts. `JSON.parse` keeps the last one in silence and rounds numbers above 2^53.
 * @param text the JSON; a byte order mark before it is left out. It may be the content of a wrong file, so a text that
 *   is no JSON is never quoted: the problem names line and column alone.
 */
export function readJson(text: string): JsonReading {
  const body = text.replace(/^\ufeff/, '');
  try {
    JSON.parse(body); // V8's parser decides what is JSON: it refuses control characters that momoa lets through.
    if (depthOf(body) > MOST_LEVELS) return { problem: `it is nested more than ${MOST_LEVELS} levels deep` };
    const twice: string[] = [];
    const json = convert(parse(body, { mode: 'json', ranges: true }).body, body, twice);
    const [name] = twice;
    if (name === undefined) return { json };
    return { problem: `it has the member ${quote(name)} twice in one object` };
  } catch {
    return { problem: `it is not valid JSON${placeOfError(body)}` };
  }
}

function depthOf(body: string): number {
  let [depth, most] = [0, 0];
  for (const { type } of tokenize(body, { mode: 'json' })) {
    if (type === 'LBrace' || type === 'LBracket') depth += 1;
    if (type === 'RBrace' || type === 'RBracket') depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

/** ` (line 3, column 7)`, where the reader says it. */
function placeOfError(body: string): string {
  try {
    parse(body, { mode: 'json' });
  } catch (thrown) {
    const { line, column } = thrown as { line?: unknown; column?: unknown };
    if (typeof line === 'number' && typeof column === 'number') return ` (line ${line}, column ${column})`;
  }
  return '';
}

/**
 * @param body the text that the node was read from
 * @param twice gets the names that stand twice in one object
 */
function convert(node: ValueNode, body: string, twice: string[]): Json {
  switch (node.type) {
    case 'Object':
      return { is: 'object', members: convertMembers(node.members, body, twice) };
    case 'Array':
      return { is: 'list', items: node.elements.map(({ value }) => convert(value, body, twice)) };
    case 'String':
      return { is: 'text', text: node.value };
    case 'Null':
      return { is: 'null' };
    case 'Boolean':
    case 'Number':
    case 'Infinity':
    case 'NaN':
      return { is: 'scalar', text: body.slice(...(node.range ?? [0, 0])) };
  }
}

function convertMembers(given: ObjectNode['members'], body: string, twice: string[]): Map<string, Json> {
  const members = new Map<string, Json>();
  for (const { name: node, value } of given) {
    const name = node.type === 'String' ? node.value : node.name;
    if (members.has(name)) twice.push(name);
    members.set(name, convert(value, body, twice));
  }
  return members;
}
