/** The keys file as YAML: which keys there are, and what each gives, with the place of everything. Pure. */

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import { INPUT_NAMES, KEY_INPUT_NAMES, type InputName } from '../inputs/table.js';
import { Invalid, quote } from '../inputs/parsers.js';
import { didYouMean } from '../inputs/suggest.js';
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
const RULE_OF_NAMES =
  'a key name has 1 to 100 letters, digits or any of _/.-; for another alias give `alias` in its entry';

/**
 * Reads the whole file; what is wrong with it is in `problems`, and then the rest is as far as it could be read.
 * Of YAML 1.2 everything is taken but tags, several documents, and merge keys, for which there is `defaults`.
 */
export function readKeysDocument(text: string): KeysDocument {
  if (Buffer.byteLength(text) > LARGEST_BYTES) {
    return failed(`the file has ${Buffer.byteLength(text)} bytes, and 1 MiB is the most`);
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
  if (document === undefined) return failed(`the file is empty. ${SHAPE}`);
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
    : new Reader(at, anchored).read(document.contents);
}

const TAGGED = 'tags (`!…`) are not read: write the value as it is, and text in quotes';

const SHAPE = 'It must be a map with `keys`, a map of key names, and `defaults` if there are any';

function failed(reason: string): KeysDocument {
  return { keys: [], problems: [{ at: START, reason }] };
}

type Place = (node: { readonly range?: Node['range'] } | null | undefined) => Position;

function placeOf(lines: LineCounter): Place {
  return (node) => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
}

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

type MaybeNode = Node | null | undefined;

interface NamedPair {
  readonly name: string;
  readonly at: Position;
  readonly value: MaybeNode;
}

class Reader {
  readonly #problems: FileProblem[] = [];
  /** How many values were read, over aliases. */
  #nodes = 0;

  constructor(
    private readonly at: Place,
    private readonly anchored: Anchored,
  ) {}

  read(contents: Node | null): KeysDocument {
    const top = this.#mapOf(contents, { at: this.at(contents) }, SHAPE);
    for (const { name, at } of top) {
      if (name === 'defaults' || name === 'keys') continue;
      const hint = didYouMean(name, ['defaults', 'keys'], 'A key belongs under `keys`.');
      this.#problems.push({ at, reason: `${quote(name)}: the file has \`defaults\` and \`keys\`. ${hint}` });
    }
    const defaults = this.#readDefaults(top.find(({ name }) => name === 'defaults'));
    const keys = this.#readKeys(top, defaults);
    return { keys, problems: this.#problems };
  }

  #readDefaults(pair: NamedPair | undefined): Section {
    if (pair === undefined) return new Map();
    const section = this.#readSection(pair, 'defaults', true);
    const reason = 'it is of one key alone: it belongs to the entry of that key';
    for (const input of OWN_ONLY) {
      const given = section.get(input);
      if (given !== undefined) this.#problems.push({ at: given.at, key: 'defaults', input, reason });
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
    const place = { at: pair.at, key: 'keys' };
    const entries = this.#mapOf(pair.value, place, rule);
    if (isMap(pair.value) && entries.length === 0)
      this.#problems.push({ ...place, reason: `there is no key. ${rule}` });
    return entries.map((entry) => {
      const { name, at } = entry;
      if (!NAME.test(name)) this.#problems.push({ at, key: name, reason: RULE_OF_NAMES });
      // A key may be all defaults: nothing, or `{}`, stands behind its name.
      const own: Section = isEmpty(entry.value) ? new Map() : this.#readSection(entry, name, false);
      return { name, at, given: new Map([...defaults, ...own]) };
    });
  }

  #readSection(pair: NamedPair, key: string, inherited: boolean): Section {
    const rule = 'It must be a map of inputs, e.g. `replica-regions: [eu-west-1]`';
    const found = this.#mapOf(pair.value, { at: pair.at, key }, rule);
    return new Map(
      found.flatMap((each): [InputName, Given][] => {
        const name = this.#inputName(each, key);
        const text = name === undefined ? undefined : this.#textOf(name, each, key);
        if (name === undefined || text === undefined) return [];
        return [[name, { text, at: each.at, inherited }]];
      }),
    );
  }

  #inputName({ name, at }: NamedPair, key: string): InputName | undefined {
    const known = INPUT_NAMES.find((each) => each === name);
    if (known !== undefined && KEY_INPUT_NAMES.includes(known)) return known;
    const meant = name.replace(/_/g, '-').toLowerCase();
    const hint = didYouMean(meant, KEY_INPUT_NAMES, 'The README lists the inputs.');
    const reason =
      known !== undefined
        ? 'this input belongs to the step: it describes no key'
        : name === '<<'
          ? 'merge keys are not read: what keys have in common is `defaults`'
          : `there is no input of this name. ${hint}`;
    this.#problems.push({ at, key, input: name, reason });
    return undefined;
  }

  #textOf(input: InputName, { value, at }: NamedPair, key: string): string | undefined {
    try {
      return inputText(input, this.#plain(value));
    } catch (thrown) {
      if (!(thrown instanceof Invalid)) throw thrown;
      const place = isEmpty(value) ? at : this.at(value);
      this.#problems.push({ at: place, key, input, reason: thrown.message });
      return undefined;
    }
  }

  /** The pairs of a map; anything else is a problem. */
  #mapOf(node: MaybeNode, where: Omit<FileProblem, 'reason'>, rule: string): NamedPair[] {
    const resolved = this.#resolve(node);
    if (!isMap<Node | null, Node | null>(resolved)) {
      this.#problems.push({ ...where, reason: `it is ${kindOf(resolved)}. ${rule}` });
      return [];
    }
    const named = resolved.items.flatMap((pair) => {
      const found = this.#named(pair);
      const place = { ...where, at: this.at(pair.key) };
      if (found === undefined) this.#problems.push({ ...place, reason: 'a name is missing, or is no text' });
      return found ?? [];
    });
    const repeated = new Set(repeatedIn(named));
    for (const { name, at } of repeated)
      this.#problems.push({ ...where, at, reason: `${quote(name)} stands there twice` });
    return named.filter((pair) => !repeated.has(pair));
  }

  /** @returns undefined where the name is no text */
  #named({ key, value }: Pair<Node | null, Node | null>): NamedPair | undefined {
    const name = this.#resolve(key);
    return isScalar(name) ? { name: nameIn(name), at: this.at(key), value } : undefined;
  }

  /** What an alias (`*name`) stands for. */
  #resolve(node: MaybeNode): MaybeNode {
    return isAlias(node) ? this.anchored.get(node) : node;
  }

  #plain(node: MaybeNode, depth = 0): Plain {
    this.#nodes += 1;
    if (depth > DEEPEST || this.#nodes > MOST_NODES)
      throw new Invalid('it is nested too deeply, or repeats itself by its anchors');
    const resolved = this.#resolve(node);
    if (isAlias(node) && resolved === undefined)
      throw new Invalid(`it is ${quote(`*${node.source}`)}, and there is no such anchor`);
    if (isScalar(resolved)) return plainScalar(resolved);
    if (isSeq<Node | null>(resolved))
      return { is: 'list', entries: resolved.items.map((item) => this.#plain(item, depth + 1)) };
    if (!isMap<Node | null, Node | null>(resolved)) return { is: 'nothing' };
    const members = resolved.items.map((pair) => {
      const named = this.#named(pair);
      if (named === undefined) throw new Invalid('a name in it is missing, or is no text');
      return { name: named.name, value: this.#plain(named.value, depth + 1) };
    });
    const [twice] = repeatedIn(members);
    if (twice !== undefined) throw new Invalid(`it has ${quote(twice.name)} twice`);
    return { is: 'map', members: members.map(({ name, value }) => [name, value]) };
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

/** Without tags, YAML knows no other values. */
function plainScalar({ value, source = '' }: Scalar): Plain {
  if (typeof value === 'string') return { is: 'text', source: value, value };
  if (typeof value === 'number') return { is: 'number', source, value };
  return typeof value === 'boolean' ? { is: 'boolean', source, value } : { is: 'nothing' };
}

/** A name as it was written. */
function nameIn({ value, source = '' }: Scalar): string {
  return typeof value === 'string' ? value : source;
}

function isEmpty(node: MaybeNode): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

function kindOf(node: MaybeNode): string {
  if (isEmpty(node)) return 'empty';
  return isScalar(node) ? 'one value' : 'a list';
}
