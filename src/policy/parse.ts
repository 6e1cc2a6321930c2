import { quote } from '../quote.js';
import { spellAction } from './actions.js';
import {
  compareTexts,
  type Clause,
  type Condition,
  type Policy,
  type Principal,
  type Principals,
  type PrincipalType,
  type Statement,
} from './document.js';
import { readJson, type Json } from './json.js';
import { isComparable, readOperator, spellOperator } from './operators.js';
import { comparePrincipals, normalPrincipal, PRINCIPAL_TYPES, whyImpossible } from './principals.js';

/** What is wrong, for whoever has to choose an error by it. */
type ProblemKind =
  | 'json' // no JSON, or none that means one thing
  | 'syntax' // a member that is missing, unknown, twice or of another type
  | 'principal' // a principal that can't exist
  | 'action' // no action, or one without its service's prefix
  | 'resource' // no resource, or one that is neither * nor an ARN
  | 'condition'; // an operator, key or value that IAM does not have

export interface PolicyProblem {
  readonly kind: ProblemKind;
  /** Counted from 1; undefined for the document as a whole. */
  readonly statement: number | undefined;
  /** The end of a sentence about the policy, e.g. `statement 2 has the unknown element "principal"`. */
  readonly text: string;
}

export type PolicyReading = { readonly policy: Policy } | { readonly problems: readonly PolicyProblem[] };

export interface ParseOptions {
  /** The key's, for the root ARN that a bare account id stands for. */
  readonly partition: string;
  /**
   * `author`: whoever wrote it can still correct it, so principals that can't exist and values that can't be compared
   * are problems. `aws`: AWS gave it back, with unique ids for what was deleted since.
   */
  readonly from: 'author' | 'aws';
  /** A role's trust policy has no Resource; everything else has. Default: a key policy. */
  readonly of?: 'key' | 'role';
}

/**
 * Reads a policy, strictly, into one form for every way of writing it: single values are lists, lists are sets, an
 * account id is its root ARN, `"Principal": "*"` is `{"AWS": "*"}`, actions and operators have AWS's spelling (IAM
 * reference, "Grammar of the IAM JSON policy language" and the pages on its elements).
 * @returns the policy, or all that is wrong with it. A text that is no policy at all is never quoted: it may be the
 *   content of another file, whose path was given by mistake.
 */
export function parsePolicy(text: string, options: ParseOptions): PolicyReading {
  const reading = readJson(text);
  if ('problem' in reading)
    return { problems: [{ kind: 'json', statement: undefined, text: reading.problem }] };
  const reader = new Reader(options);
  const policy = reader.document(reading.json);
  return policy === undefined || reader.problems.length > 0 ? { problems: reader.problems } : { policy };
}

/** All problems in one line, at most ten of them. */
export function describeProblems(problems: readonly PolicyProblem[]): string {
  const shown = problems.slice(0, 10).map(({ text }) => text);
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more problems`] : [])].join('; ');
}

type Members = ReadonlyMap<string, Json>;

const DOCUMENT_ELEMENTS = ['Version', 'Id', 'Statement'];
const STATEMENT_ELEMENTS = [
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource'],
  'Condition',
];

/** Reads one document and gathers what is wrong with it. */
class Reader {
  readonly problems: PolicyProblem[] = [];
  readonly #options: ParseOptions;
  #statement: number | undefined;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  document(json: Json): Policy | undefined {
    if (json.is !== 'object') {
      const hint = json.is === 'list' ? ': a list of statements stands under "Statement"' : '';
      this.#fail('syntax', `is not a JSON object${hint}`);
      return undefined;
    }
    const { members } = json;
    const given = members.get('Statement');
    // Before anything else, so that no name of a document that is no policy gets into a message.
    if (given === undefined) {
      this.#fail('syntax', 'has no "Statement"');
      return undefined;
    }
    this.#checkNames(members, DOCUMENT_ELEMENTS);
    const version = this.#version(members.get('Version'));
    const id = this.#text(members.get('Id'), 'Id');
    const list = given.is === 'list' ? given.items : [given];
    if (list.length === 0 && this.#options.from === 'author')
      this.#fail('syntax', 'has an empty "Statement"');
    const statements = list.flatMap((each, index) => this.#readStatement(each, index + 1) ?? []);
    return { version, id, statements };
  }

  #fail(kind: ProblemKind, what: string): void {
    const whose = this.#statement === undefined ? 'it' : `statement ${this.#statement}`;
    this.problems.push({ kind, statement: this.#statement, text: `${whose} ${what}` });
  }

  #checkNames(members: Members, known: readonly string[]): void {
    for (const name of members.keys()) {
      if (known.includes(name)) continue;
      const meant = known.find((each) => each.toLowerCase() === name.toLowerCase());
      const hint = meant === undefined ? '' : `: it is written ${meant}`;
      this.#fail('syntax', `has the unknown element ${quote(name)}${hint}`);
    }
  }

  #version(json: Json | undefined): Policy['version'] {
    const version = this.#text(json, 'Version');
    if (version === undefined || version === '2012-10-17' || version === '2008-10-17') return version;
    this.#fail('syntax', `has the Version ${quote(version)}: there are only 2012-10-17 and 2008-10-17`);
    return undefined;
  }

  #text(json: Json | undefined, name: string): string | undefined {
    if (json === undefined) return undefined;
    if (json.is === 'text') return json.text;
    this.#fail('syntax', `has ${aOrAn(name)} that is no text`);
    return undefined;
  }

  #readStatement(json: Json, position: number): Statement | undefined {
    this.#statement = position;
    const statement = json.is === 'object' ? this.#statementOf(json.members, position) : undefined;
    if (statement === undefined) this.#fail('syntax', 'is not an object');
    this.#statement = undefined;
    return statement;
  }

  #statementOf(members: Members, position: number): Statement {
    this.#checkNames(members, STATEMENT_ELEMENTS);
    return {
      position,
      sid: this.#text(members.get('Sid'), 'Sid'),
      effect: this.#effect(members.get('Effect')),
      principals: this.#principals(members),
      actions: this.#actions(members),
      resources: this.#resources(members),
      conditions: this.#conditions(members.get('Condition')),
    };
  }

  #effect(json: Json | undefined): Statement['effect'] {
    const text = json?.is === 'text' ? json.text : undefined;
    if (text === 'Allow' || text === 'Deny') return text;
    const what = text === undefined ? 'no Effect' : `the Effect ${quote(text)}`;
    this.#fail('syntax', `has ${what}: it must be Allow or Deny`);
    return 'Deny';
  }

  /** A statement names each of principals, actions and resources in exactly one of the two ways. */
  #oneOf(members: Members, name: string, kind: ProblemKind): { not: boolean; json: Json } | undefined {
    const [positive, negative] = [members.get(name), members.get(`Not${name}`)];
    if (positive !== undefined && negative !== undefined) {
      this.#fail('syntax', `has ${name} beside Not${name}: only one of them can stand`);
      return undefined;
    }
    const json = positive ?? negative;
    if (json === undefined) {
      this.#fail(kind, `has no ${name}`);
      return undefined;
    }
    return { not: negative !== undefined, json };
  }

  #principals(members: Members): Principals {
    const found = this.#oneOf(members, 'Principal', 'principal');
    if (found === undefined) return { not: false, members: [] };
    const { json, not } = found;
    const name = not ? 'NotPrincipal' : 'Principal';
    const all = this.#principalsOf(json, name);
    return { not, members: asPrincipalSet(all) };
  }

  #principalsOf(json: Json, name: string): Principal[] {
    if (json.is === 'text' && json.text === '*') return [{ type: 'AWS', value: '*' }];
    if (json.is === 'text') {
      const hint = `{"AWS": ${quote(json.text)}}`;
      this.#fail(
        'syntax',
        `has the ${name} ${quote(json.text)}: it must be "*" or an object such as ${hint}`,
      );
      return [];
    }
    if (json.is !== 'object' || json.members.size === 0) {
      this.#fail(
        'syntax',
        `has ${aOrAn(name)} that names nobody: it must be "*" or an object such as {"AWS": "111122223333"}`,
      );
      return [];
    }
    return [...json.members].flatMap(([type, values]) => this.#principalsOfType(type, values, name));
  }

  #principalsOfType(given: string, json: Json, name: string): Principal[] {
    const type = PRINCIPAL_TYPES.find((each) => each === given);
    if (type === undefined) {
      const meant = PRINCIPAL_TYPES.find((each) => each.toLowerCase() === given.toLowerCase());
      const hint = meant === undefined ? `one of ${PRINCIPAL_TYPES.join(', ')}` : `it is written ${meant}`;
      this.#fail('syntax', `has ${aOrAn(name)} of the unknown type ${quote(given)}: ${hint}`);
      return [];
    }
    const values = this.#texts(json, `${name} ${type}`, 'principal');
    for (const value of values) this.#checkPrincipal(type, value);
    return values.map((value) => normalPrincipal(type, value, this.#options.partition));
  }

  #checkPrincipal(type: PrincipalType, value: string): void {
    if (this.#options.from === 'aws') return;
    const { partition } = this.#options;
    const why = whyImpossible(normalPrincipal(type, value, partition), partition);
    if (why !== undefined) this.#fail('principal', `has the principal ${quote(value)}, ${why}`);
  }

  #actions(members: Members): Clause {
    const found = this.#oneOf(members, 'Action', 'action');
    if (found === undefined) return { not: false, names: [] };
    const name = found.not ? 'NotAction' : 'Action';
    const names = this.#texts(found.json, name, 'action');
    for (const each of names) {
      if (each === '*' || /^[\w*?-]+:[\w*?-]+$/.test(each)) continue;
      this.#fail(
        'action',
        `has the ${name} ${quote(each)}: it must be * or SERVICE:ACTION, e.g. kms:Decrypt`,
      );
    }
    return { not: found.not, names: asSet(names.map(spellAction)) };
  }

  #resources(members: Members): Clause | undefined {
    if (this.#options.of === 'role') {
      if (members.has('Resource') || members.has('NotResource'))
        this.#fail('resource', 'has a Resource, and a trust policy has none');
      return undefined;
    }
    const found = this.#oneOf(members, 'Resource', 'resource');
    if (found === undefined) return { not: false, names: [] };
    const name = found.not ? 'NotResource' : 'Resource';
    const names = this.#texts(found.json, name, 'resource');
    for (const each of names) {
      if (each === '*' || each.startsWith('arn:')) continue;
      this.#fail('resource', `has the ${name} ${quote(each)}: it must be * (this key) or a key ARN`);
    }
    return { not: found.not, names: asSet(names) };
  }

  /** A text or a list of texts, none of them empty, at least one. */
  #texts(json: Json, name: string, kind: ProblemKind): string[] {
    const list = json.is === 'list' ? json.items : [json];
    const texts = list.flatMap((item) => (item.is === 'text' && item.text !== '' ? [item.text] : []));
    if (list.length === 0) this.#fail(kind, `has an empty list as ${name}`);
    else if (texts.length < list.length)
      this.#fail(kind, `has something as ${name} that is no text, or an empty one`);
    return texts;
  }

  #conditions(json: Json | undefined): Condition[] {
    if (json === undefined) return [];
    if (json.is !== 'object') {
      this.#fail('syntax', 'has a Condition that is not an object');
      return [];
    }
    const conditions = [...json.members].flatMap(([operator, keys]) => this.#conditionsOf(operator, keys));
    return this.#distinct(conditions).sort(
      (a, b) => compareTexts(a.operator, b.operator) || compareTexts(a.key, b.key),
    );
  }

  /** Two conditions with one operator and one key could mean both or the last of them. */
  #distinct(conditions: readonly Condition[]): Condition[] {
    const seen = new Map<string, Condition>();
    for (const condition of conditions) {
      const id = `${condition.operator} ${condition.key.toLowerCase()}`;
      if (seen.has(id)) this.#fail('condition', `has the condition ${quote(id)} twice`);
      seen.set(id, condition);
    }
    return [...seen.values()];
  }

  #conditionsOf(given: string, json: Json): Condition[] {
    const operator = spellOperator(given);
    const isSpelled = operator === given || this.#options.from === 'aws';
    if (operator === undefined || !isSpelled) {
      const hint = operator === undefined ? '' : `: it is written ${operator}`;
      this.#fail('condition', `has the unknown condition operator ${quote(given)}${hint}`);
      return [];
    }
    if (json.is !== 'object') {
      this.#fail('condition', `has no condition keys under ${operator}`);
      return [];
    }
    return [...json.members].flatMap(([key, values]) => this.#condition(operator, key, values) ?? []);
  }

  #condition(operator: string, key: string, json: Json): Condition | undefined {
    if (!/^[^\s:]+:[^\s]+$/.test(key))
      this.#fail(
        'condition',
        `has the condition key ${quote(key)}: it must begin with a prefix such as aws:`,
      );
    const list = json.is === 'list' ? json.items : [json];
    const values = list.flatMap((item) => (item.is === 'text' || item.is === 'scalar' ? [item.text] : []));
    if (values.length < list.length || list.length === 0) {
      this.#fail('condition', `has no values for ${operator} ${quote(key)}: it must be a text or a list`);
      return undefined;
    }
    const { comparison } = readOperator(operator);
    const wrong = values.find((value) => !value.includes('${') && !isComparable(comparison, value));
    if (wrong !== undefined && this.#options.from === 'author')
      this.#fail('condition', `compares ${quote(key)} by ${operator} with ${quote(wrong)}, which can't be`);
    return { operator, key, values: asSet(values) };
  }
}

/** E.g. `a Principal`, `an Id`. */
function aOrAn(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

function asSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort(compareTexts);
}

function asPrincipalSet(principals: readonly Principal[]): Principal[] {
  const distinct = new Map(principals.map((each) => [JSON.stringify([each.type, each.value]), each]));
  return [...distinct.values()].sort(comparePrincipals);
}
