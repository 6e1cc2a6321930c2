import { quote } from '../quote.js';
import { spellAction } from './actions.js';
import {
  compareTexts,
  type Clause,
  type Condition,
  type Policy,
  type Principal,
  type Principals,
  type Statement,
} from './document.js';
import { readJson, type Json } from './json.js';
import { isComparable, readOperator, spellOperator } from './operators.js';
import {
  comparePrincipals,
  EVERYBODY,
  normalPrincipal,
  PRINCIPAL_TYPES,
  whyImpossible,
} from './principals.js';

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

const KINDS = { Principal: 'principal', Action: 'action', Resource: 'resource' } as const;

/** Reads one document and gathers what is wrong with it. */
class Reader {
  readonly problems: PolicyProblem[] = [];
  readonly #options: ParseOptions;
  #position: number | undefined;

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
    const list = itemsOf(given);
    if (list.length === 0 && this.#options.from === 'author')
      this.#fail('syntax', 'has an empty "Statement"');
    const statements = list.flatMap((each, index) => this.#statement(each, index + 1));
    return { version, id, statements };
  }

  /** @returns nothing, as a list: what is read in its place */
  #fail(kind: ProblemKind, what: string): [] {
    const whose = this.#position === undefined ? 'it' : `statement ${this.#position}`;
    this.problems.push({ kind, statement: this.#position, text: `${whose} ${what}` });
    return [];
  }

  #checkNames(members: Members, known: readonly string[]): void {
    for (const name of members.keys()) {
      if (known.includes(name)) continue;
      const meant = findIgnoringCase(known, name);
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
    if (json === undefined || json.is === 'text') return json?.text;
    this.#fail('syntax', `has ${aOrAn(name)} that is no text`);
    return undefined;
  }

  #statement(json: Json, position: number): Statement[] {
    this.#position = position;
    if (json.is !== 'object') return this.#fail('syntax', 'is not an object');
    const { members } = json;
    this.#checkNames(members, STATEMENT_ELEMENTS);
    return [
      {
        position,
        sid: this.#text(members.get('Sid'), 'Sid'),
        effect: this.#effect(members.get('Effect')),
        principals: this.#principals(members),
        actions: this.#actions(members),
        resources: this.#resources(members),
        conditions: this.#conditions(members.get('Condition')),
      },
    ];
  }

  #effect(json: Json | undefined): Statement['effect'] {
    const text = json?.is === 'text' ? json.text : undefined;
    if (text === 'Allow' || text === 'Deny') return text;
    const what = text === undefined ? 'no Effect' : `the Effect ${quote(text)}`;
    this.#fail('syntax', `has ${what}: it must be Allow or Deny`);
    return 'Deny';
  }

  /** A statement names each of principals, actions and resources in exactly one of the two ways. */
  #oneOf(members: Members, element: keyof typeof KINDS): { not: boolean; name: string; json: Json }[] {
    const [positive, negative] = [members.get(element), members.get(`Not${element}`)];
    if (positive !== undefined && negative !== undefined)
      return this.#fail('syntax', `has ${element} beside Not${element}: only one of them can stand`);
    if (positive !== undefined) return [{ not: false, name: element, json: positive }];
    if (negative !== undefined) return [{ not: true, name: `Not${element}`, json: negative }];
    return this.#fail(KINDS[element], `has no ${element}`);
  }

  #principals(members: Members): Principals {
    const [found] = this.#oneOf(members, 'Principal');
    if (found === undefined) return { not: false, members: [] };
    const all = this.#principalsOf(found.json, found.name);
    const distinct = new Map(all.map((each) => [JSON.stringify([each.type, each.value]), each]));
    return { not: found.not, members: [...distinct.values()].sort(comparePrincipals) };
  }

  #principalsOf(json: Json, name: string): Principal[] {
    if (json.is === 'text' && json.text === '*') return [EVERYBODY];
    if (json.is === 'object' && json.members.size > 0)
      return [...json.members].flatMap(([type, values]) => this.#principalsOfType(type, values, name));
    const [what, example] =
      json.is === 'text'
        ? [`the ${name} ${quote(json.text)}`, quote(json.text)]
        : [`${aOrAn(name)} that names nobody`, '"111122223333"'];
    return this.#fail('syntax', `has ${what}: it must be "*" or an object such as {"AWS": ${example}}`);
  }

  #principalsOfType(given: string, json: Json, name: string): Principal[] {
    const type = PRINCIPAL_TYPES.find((each) => each === given);
    if (type === undefined) {
      const meant = findIgnoringCase(PRINCIPAL_TYPES, given);
      const hint = meant === undefined ? `one of ${PRINCIPAL_TYPES.join(', ')}` : `it is written ${meant}`;
      return this.#fail('syntax', `has ${aOrAn(name)} of the unknown type ${quote(given)}: ${hint}`);
    }
    const { from, partition } = this.#options;
    return this.#texts(json, `${name} ${type}`, 'principal').map((value) => {
      const principal = normalPrincipal(type, value, partition);
      const why = from === 'aws' ? undefined : whyImpossible(principal, partition);
      if (why !== undefined) this.#fail('principal', `has the principal ${quote(value)}, ${why}`);
      return principal;
    });
  }

  #actions(members: Members): Clause {
    const isAction = (text: string): boolean => text === '*' || /^[\w*?-]+:[\w*?-]+$/.test(text);
    const form = '* or SERVICE:ACTION, e.g. kms:Decrypt';
    const { not, names } = this.#clause(members, 'Action', isAction, form);
    return { not, names: asSet(names.map(spellAction)) };
  }

  #resources(members: Members): Clause | undefined {
    if (this.#options.of === 'role') {
      if (members.has('Resource') || members.has('NotResource'))
        this.#fail('resource', 'has a Resource, and a trust policy has none');
      return undefined;
    }
    const isResource = (text: string): boolean => text === '*' || text.startsWith('arn:');
    return this.#clause(members, 'Resource', isResource, '* (this key) or a key ARN');
  }

  /** @param form what each name must be, in words */
  #clause(
    members: Members,
    element: 'Action' | 'Resource',
    isWellFormed: (text: string) => boolean,
    form: string,
  ): Clause {
    const [found] = this.#oneOf(members, element);
    if (found === undefined) return { not: false, names: [] };
    const { not, name, json } = found;
    const names = this.#texts(json, name, KINDS[element]);
    for (const each of names)
      if (!isWellFormed(each))
        this.#fail(KINDS[element], `has the ${name} ${quote(each)}: it must be ${form}`);
    return { not, names: asSet(names) };
  }

  /** A text or a list of texts, none of them empty, at least one. */
  #texts(json: Json, name: string, kind: ProblemKind): string[] {
    const list = itemsOf(json);
    const texts = list.flatMap((item) => (item.is === 'text' && item.text !== '' ? [item.text] : []));
    if (list.length === 0) this.#fail(kind, `has an empty list as ${name}`);
    else if (texts.length < list.length)
      this.#fail(kind, `has something as ${name} that is no text, or an empty one`);
    return texts;
  }

  #conditions(json: Json | undefined): Condition[] {
    if (json === undefined) return [];
    if (json.is !== 'object') return this.#fail('syntax', 'has a Condition that is not an object');
    const conditions = [...json.members].flatMap(([operator, keys]) => this.#conditionsOf(operator, keys));
    // Two conditions with one operator and one key could mean both or the last of them.
    const distinct = new Map<string, Condition>();
    for (const condition of conditions) {
      const id = `${condition.operator} ${condition.key.toLowerCase()}`;
      if (distinct.has(id)) this.#fail('condition', `has the condition ${quote(id)} twice`);
      distinct.set(id, condition);
    }
    return [...distinct.values()].sort(
      (a, b) => compareTexts(a.operator, b.operator) || compareTexts(a.key, b.key),
    );
  }

  #conditionsOf(given: string, json: Json): Condition[] {
    const operator = spellOperator(given);
    const isSpelled = operator === given || this.#options.from === 'aws';
    if (operator === undefined || !isSpelled) {
      const hint = operator === undefined ? '' : `: it is written ${operator}`;
      return this.#fail('condition', `has the unknown condition operator ${quote(given)}${hint}`);
    }
    if (json.is !== 'object') return this.#fail('condition', `has no condition keys under ${operator}`);
    return [...json.members].flatMap(([key, values]) => this.#condition(operator, key, values));
  }

  #condition(operator: string, key: string, json: Json): Condition[] {
    if (!/^[^\s:]+:[^\s]+$/.test(key))
      this.#fail(
        'condition',
        `has the condition key ${quote(key)}: it must begin with a prefix such as aws:`,
      );
    const list = itemsOf(json);
    const values = list.flatMap((item) => (item.is === 'text' || item.is === 'scalar' ? [item.text] : []));
    if (values.length < list.length || list.length === 0)
      return this.#fail(
        'condition',
        `has no values for ${operator} ${quote(key)}: it must be a text or a list`,
      );
    const { comparison } = readOperator(operator);
    const wrong = values.find((value) => !value.includes('${') && !isComparable(comparison, value));
    if (wrong !== undefined && this.#options.from === 'author')
      this.#fail('condition', `compares ${quote(key)} by ${operator} with ${quote(wrong)}, which can't be`);
    return [{ operator, key, values: asSet(values) }];
  }
}

/** A single value counts as a list of one. */
function itemsOf(json: Json): readonly Json[] {
  return json.is === 'list' ? json.items : [json];
}

function findIgnoringCase(names: readonly string[], name: string): string | undefined {
  return names.find((each) => each.toLowerCase() === name.toLowerCase());
}

/** E.g. `a Principal`, `an Id`. */
function aOrAn(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

function asSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort(compareTexts);
}
