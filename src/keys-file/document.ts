/** The keys file as YAML: which keys there are, and what each gives, with the place of everything. Pure. */

import {
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import { INPUT_NAMES, KEY_INPUT_NAMES, formOf, type InputName } from '../inputs/table.js';
import { Invalid, quote } from '../inputs/parsers.js';
import { suggest } from '../inputs/suggest.js';
import type { FileProblem, Position } from './problem.js';
import { inputText, type Plain } from './input-text.js';

/** One input as the file gives it. */
interface Given {
  /** As the step's own input would have it. */
  readonly text: string;
  readonly at: Position;
  /** Whether it comes from `defaults`. */
  readonly inherited: boolean;
}

type Section = ReadonlyMap<InputName, Given>;

/** One key of the file. */
export interface KeyEntry {
  readonly name: string;
  readonly at: Position;
  /** What it gives itself, and what it has from `defaults`. */
  readonly given: Section;
}

export interface KeysDocument {
  readonly keys: readonly KeyEntry[];
  readonly problems: readonly FileProblem[];
}

/** The file is read in one piece, and GitHub gives no larger one through its API. */
const LARGEST_BYTES = 1024 * 1024;

const START: Position = { line: 1, column: 1 };

/** The rule of names: they are comment keys, and names of jobs and files are made from them. */
const NAME = /^[\w/.-]{1,100}$/;

/**
 * Reads the whole file; what is wrong with it is in `problems`, and then the rest is as far as it could be read.
 * Of YAML 1.2 everything is taken but tags, several documents, and merge keys, for which there is `defaults`.
 */
export function readKeysDocument(text: string): KeysDocument {
  if (Buffer.byteLength(text) > LARGEST_BYTES) {
    return failed({
      at: START,
      reason: `the file has ${Buffer.byteLength(text)} bytes, and 1 MiB is the most`,
    });
  }
  const lines = new LineCounter();
  const [document, second] = parseAllDocuments(text.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    // Its own way to tell takes time with the square of the names; `repeatedIn` tells them.
    uniqueKeys: false,
    logLevel: 'error',
  }) as Document.Parsed[];
  const at = placeOf(lines);
  if (document === undefined) return failed({ at: START, reason: `the file is empty. ${SHAPE}` });
  const broken = [...document.errors, ...document.warnings].map(
    ({ message, pos: [offset] }): FileProblem => ({
      at: at({ range: [offset, offset, offset] }),
      reason: `it is no YAML that this file can have: ${message.split('\n')[0] ?? ''}`,
    }),
  );
  if (second !== undefined) {
    broken.push({ at: at(second), reason: 'a second document begins here, and there is only one' });
  }
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2')
    broken.push({ at: START, reason: 'it is YAML of another version than 1.2: take the line %YAML out' });
  if (broken.length > 0) return { keys: [], problems: broken };
  const { anchored, tagged } = surveyNodes(document);
  return tagged.length > 0
    ? { keys: [], problems: tagged.map((node) => ({ at: at(node), reason: TAGGED })) }
    : new Reader(document.contents, at, anchored).read();
}

const TAGGED = 'tags (`!…`) are not read: write the value as it is, and text in quotes';

/** What each alias stands for. The library looks for it from the top of the document each time it is asked. */
type Anchored = ReadonlyMap<Alias, Node>;

/** Goes over the whole document once: an alias stands for the last node before it that has its anchor. */
function surveyNodes(document: Document.Parsed): {
  readonly anchored: Anchored;
  readonly tagged: readonly Node[];
} {
  const [anchors, anchored, tagged] = [new Map<string, Node>(), new Map<Alias, Node>(), [] as Node[]];
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const meant = anchors.get(node.source);
        if (meant !== undefined) anchored.set(node, meant);
        return;
      }
      if (node.tag !== undefined) tagged.push(node);
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return { anchored, tagged };
}

const SHAPE = 'It must be a map with `keys`, a map of key names, and `defaults` if there are any';

function failed(problem: FileProblem): KeysDocument {
  return { keys: [], problems: [problem] };
}

type Place = (node: { readonly range?: Node['range'] } | null | undefined) => Position;

function placeOf(lines: LineCounter): Place {
  return (node) => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
}

interface NamedPair {
  readonly name: string;
  readonly at: Position;
  readonly value: Node | undefined;
}

class Reader {
  readonly #contents: Node | null;
  readonly #at: Place;
  readonly #anchored: Anchored;
  readonly #problems: FileProblem[] = [];
  /** How many values were read, over aliases. */
  #nodes = 0;

  constructor(contents: Node | null, at: Place, anchored: Anchored) {
    this.#contents = contents;
    this.#at = at;
    this.#anchored = anchored;
  }

  read(): KeysDocument {
    const top = this.#mapOf(this.#contents, { at: this.#at(this.#contents) }, SHAPE);
    for (const { name, at } of top) {
      if (name === 'defaults' || name === 'keys') continue;
      const near = suggest(name, ['defaults', 'keys']);
      const hint = near === undefined ? 'A key belongs under `keys`.' : `Did you mean ${near}?`;
      this.#problems.push({ at, reason: `${quote(name)}: the file has \`defaults\` and \`keys\`. ${hint}` });
    }
    const defaults = this.#readDefaults(top.find(({ name }) => name === 'defaults'));
    const keys = this.#readKeys(top, defaults);
    return { keys, problems: this.#problems };
  }

  #readDefaults(pair: NamedPair | undefined): Section {
    if (pair === undefined) return new Map();
    const section = this.#readSection(pair, 'defaults', true);
    for (const name of OWN_ONLY) {
      const given = section.get(name);
      if (given === undefined) continue;
      this.#problems.push({
        at: given.at,
        key: 'defaults',
        input: name,
        reason: 'it is of one key alone: it belongs to the entry of that key',
      });
    }
    return section;
  }

  #readKeys(top: readonly NamedPair[], defaults: Section): KeyEntry[] {
    const pair = top.find(({ name }) => name === 'keys');
    if (pair === undefined) {
      if (top.length > 0) this.#problems.push({ at: START, reason: `\`keys\` is missing. ${SHAPE}` });
      return [];
    }
    const rule = 'It must be a map of key names, e.g. `payments:` with the inputs of that key under it';
    const entries = this.#mapOf(pair.value, { at: pair.at, key: 'keys' }, rule);
    if (isMap(pair.value) && entries.length === 0)
      this.#problems.push({ at: pair.at, key: 'keys', reason: `there is no key. ${rule}` });
    return entries.map((entry) => {
      this.#checkName(entry);
      const own = this.#isEmpty(entry.value) ? new Map() : this.#readSection(entry, entry.name, false);
      return { name: entry.name, at: entry.at, given: new Map([...defaults, ...own]) as Section };
    });
  }

  /** A key may be all defaults: nothing, or `{}`, stands behind its name. */
  #isEmpty(value: Node | undefined): value is undefined {
    return value === undefined || (isScalar(value) && value.value === null);
  }

  #checkName({ name, at }: NamedPair): void {
    if (NAME.test(name)) return;
    this.#problems.push({
      at,
      key: name,
      reason:
        'a key name has 1 to 100 letters, digits or any of _/.-; for another alias give `alias` in its entry',
    });
  }

  #readSection(pair: NamedPair, key: string, inherited: boolean): Section {
    const rule = 'It must be a map of inputs, e.g. `replica-regions: [eu-west-1]`';
    const found = this.#mapOf(pair.value, { at: pair.at, key }, rule);
    return new Map(
      found.flatMap((each): [InputName, Given][] => {
        const name = this.#inputName(each, key);
        if (name === undefined) return [];
        const text = this.#textOf(name, each, key);
        return text === undefined ? [] : [[name, { text, at: each.at, inherited }]];
      }),
    );
  }

  #inputName({ name, at }: NamedPair, key: string): InputName | undefined {
    const known = KEY_INPUT_NAMES.find((each) => each === name);
    if (known !== undefined) return known;
    const problem = { at, key, input: name };
    if (INPUT_NAMES.some((each) => each === name)) {
      this.#problems.push({ ...problem, reason: 'this input belongs to the step: it describes no key' });
      return undefined;
    }
    if (name === '<<') {
      this.#problems.push({
        ...problem,
        reason: 'merge keys are not read: what keys have in common is `defaults`',
      });
      return undefined;
    }
    const near = suggest(name.replace(/_/g, '-').toLowerCase(), KEY_INPUT_NAMES);
    const hint = near === undefined ? 'The README lists the inputs.' : `Did you mean ${near}?`;
    this.#problems.push({ ...problem, reason: `there is no input of this name. ${hint}` });
    return undefined;
  }

  #textOf(name: InputName, { value, at }: NamedPair, key: string): string | undefined {
    try {
      return inputText(name, formOf(name) ?? 'value', this.#plain(value));
    } catch (thrown) {
      if (!(thrown instanceof Invalid)) throw thrown;
      this.#problems.push({
        at: this.#isEmpty(value) ? at : this.#at(value),
        key,
        input: name,
        reason: thrown.message,
      });
      return undefined;
    }
  }

  /** The pairs of a map; anything else is a problem. */
  #mapOf(node: unknown, where: Omit<FileProblem, 'reason'>, rule: string): NamedPair[] {
    const resolved = this.#resolve(node as Node | null | undefined);
    if (!isMap(resolved)) {
      this.#problems.push({ ...where, reason: `it is ${kindOf(resolved)}. ${rule}` });
      return [];
    }
    const named = resolved.items.flatMap((pair) => this.#named(pair, where));
    const repeated = new Set(repeatedIn(named));
    for (const { name, at } of repeated)
      this.#problems.push({ ...where, at, reason: `${quote(name)} stands there twice` });
    return named.filter((pair) => !repeated.has(pair));
  }

  #named(pair: Pair, { key }: Omit<FileProblem, 'reason'>): NamedPair[] {
    const at = this.#at(pair.key as Node | null);
    const name = this.#resolve(pair.key as Node | null);
    if (isScalar(name)) {
      return [{ name: scalarText(name), at, value: (pair.value ?? undefined) as Node | undefined }];
    }
    this.#problems.push({ at, key, reason: 'a name is missing, or is no text' });
    return [];
  }

  /** What an alias (`*name`) stands for. */
  #resolve(node: Node | null | undefined): Node | undefined {
    if (isAlias(node)) return this.#anchored.get(node);
    return node ?? undefined;
  }

  #plain(node: Node | undefined, depth = 0): Plain {
    this.#nodes += 1;
    if (depth > DEEPEST || this.#nodes > MOST_NODES)
      throw new Invalid('it is nested too deeply, or repeats itself by its anchors');
    const resolved = this.#resolve(node);
    if (isAlias(node) && resolved === undefined)
      throw new Invalid(`it is ${quote(`*${node.source}`)}, and there is no such anchor`);
    if (resolved === undefined) return { is: 'nothing' };
    if (isScalar(resolved)) return plainScalar(resolved);
    if (isMap(resolved)) {
      const members = resolved.items.map((pair): [string, Plain] => {
        const name = this.#resolve(pair.key as Node | null);
        if (!isScalar(name)) throw new Invalid('a name in it is missing, or is no text');
        return [scalarText(name), this.#plain((pair.value ?? undefined) as Node | undefined, depth + 1)];
      });
      const [twice] = repeatedIn(members.map(([name]) => ({ name })));
      if (twice !== undefined) throw new Invalid(`it has ${quote(twice.name)} twice`);
      return { is: 'map', members };
    }
    const { items } = resolved as { items: readonly (Node | null)[] };
    return { is: 'list', entries: items.map((item) => this.#plain(item ?? undefined, depth + 1)) };
  }
}

/** What has the name of one before it. The library compares names as they are written, and an alias may mean any. */
function repeatedIn<T extends { readonly name: string }>(named: readonly T[]): T[] {
  const seen = new Set<string>();
  return named.filter(({ name }) => seen.size === seen.add(name).size);
}

/** Of a value: nothing that describes a key is nested deeper, or larger. */
const DEEPEST = 20;
const MOST_NODES = 200_000;

/** What only one key of a file can have. */
const OWN_ONLY: readonly InputName[] = ['alias', 'rename-alias-from', 'import-key', 'state-key'];

function plainScalar({ value, source }: Scalar): Plain {
  if (value === null || value === undefined) return { is: 'nothing' };
  if (typeof value === 'number' || typeof value === 'bigint')
    return { is: 'number', source: source ?? String(value), value };
  if (typeof value === 'boolean') return { is: 'boolean', source: source ?? String(value), value };
  return { is: 'text', text: typeof value === 'string' ? value : (source ?? '') };
}

/** A name as it was written. */
function scalarText({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? JSON.stringify(value));
}

function kindOf(node: Node | undefined): string {
  if (node === undefined || (isScalar(node) && node.value === null)) return 'empty';
  return isScalar(node) ? 'one value' : 'a list';
}
