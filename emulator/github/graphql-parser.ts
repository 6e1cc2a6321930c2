/** A parser for GraphQL queries: the language without subscriptions and directives, which are refused by name. */

export type GraphqlValue =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly GraphqlValue[] }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, GraphqlValue> };

export interface GraphqlField {
  readonly kind: 'field';
  readonly name: string;
  /** The name in the answer. */
  readonly alias: string;
  readonly args: ReadonlyMap<string, GraphqlValue>;
  /** Undefined when the field has no braces. */
  readonly selections: readonly GraphqlSelection[] | undefined;
}

export interface GraphqlFragment {
  readonly kind: 'fragment';
  /** Undefined for an inline fragment without a type. */
  readonly onType: string | undefined;
  readonly selections: readonly GraphqlSelection[];
}

export interface GraphqlSpread {
  readonly kind: 'spread';
  readonly name: string;
}

export type GraphqlSelection = GraphqlField | GraphqlFragment | GraphqlSpread;

export interface GraphqlVariable {
  readonly name: string;
  /** As written, e.g. `Int!`. */
  readonly type: string;
  readonly fallback: GraphqlValue | undefined;
}

export interface GraphqlDocument {
  readonly operation: 'query' | 'mutation';
  readonly variables: readonly GraphqlVariable[];
  readonly selections: readonly GraphqlSelection[];
  readonly fragments: ReadonlyMap<string, GraphqlFragment>;
}

/** The text is no query that this parser knows. */
export class GraphqlSyntaxError extends Error {
  override readonly name = 'GraphqlSyntaxError';
}

/**
 * @param source one operation and its fragments
 * @throws GraphqlSyntaxError
 */
export function parseGraphql(source: string): GraphqlDocument {
  return new Parser(tokenize(source)).parseDocument();
}

const TOKEN =
  /[\s,\uFEFF]+|#[^\n]*|(?<token>\.\.\.|[{}()[\]:!$=@|]|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\\n]|\\.)*")/y;

function tokenize(source: string): string[] {
  const tokens: string[] = [];
  const scanner = new RegExp(TOKEN);
  while (scanner.lastIndex < source.length) {
    const at = scanner.lastIndex;
    const match = scanner.exec(source);
    if (!match)
      throw new GraphqlSyntaxError(`Unexpected character at ${at}: ${JSON.stringify(source.charAt(at))}`);
    const token = match.groups?.['token'];
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  parseDocument(): GraphqlDocument {
    const fragments = new Map<string, GraphqlFragment>();
    let operation: Omit<GraphqlDocument, 'fragments'> | undefined;
    while (this.#at < this.#tokens.length) {
      if (this.#peek() === 'fragment') {
        this.#take('fragment');
        const name = this.#takeName();
        this.#take('on');
        fragments.set(name, {
          kind: 'fragment',
          onType: this.#takeName(),
          selections: this.#parseSelections(),
        });
      } else if (operation) {
        throw new GraphqlSyntaxError('There is more than one operation.');
      } else {
        operation = this.#parseOperation();
      }
    }
    if (!operation) throw new GraphqlSyntaxError('There is no operation.');
    return { ...operation, fragments };
  }

  #parseOperation(): Omit<GraphqlDocument, 'fragments'> {
    if (this.#peek() === '{') {
      return { operation: 'query', variables: [], selections: this.#parseSelections() };
    }
    const operation = this.#takeName();
    if (operation !== 'query' && operation !== 'mutation') {
      throw new GraphqlSyntaxError(`Unexpected ${operation}.`);
    }
    if (this.#isName()) this.#takeName();
    return { operation, variables: this.#parseVariables(), selections: this.#parseSelections() };
  }

  #parseVariables(): GraphqlVariable[] {
    const variables: GraphqlVariable[] = [];
    if (!this.#skip('(')) return variables;
    while (!this.#skip(')')) {
      this.#take('$');
      const name = this.#takeName();
      this.#take(':');
      const type = this.#parseType();
      variables.push({ name, type, fallback: this.#skip('=') ? this.#parseValue() : undefined });
    }
    return variables;
  }

  #parseType(): string {
    let type: string;
    if (this.#skip('[')) {
      type = `[${this.#parseType()}]`;
      this.#take(']');
    } else {
      type = this.#takeName();
    }
    return this.#skip('!') ? `${type}!` : type;
  }

  #parseSelections(): GraphqlSelection[] {
    const selections: GraphqlSelection[] = [];
    this.#take('{');
    do selections.push(this.#parseSelection());
    while (!this.#skip('}'));
    return selections;
  }

  #parseSelection(): GraphqlSelection {
    if (!this.#skip('...')) return this.#parseField();
    if (this.#peek() === '{')
      return { kind: 'fragment', onType: undefined, selections: this.#parseSelections() };
    const name = this.#takeName();
    if (name !== 'on') return { kind: 'spread', name };
    return { kind: 'fragment', onType: this.#takeName(), selections: this.#parseSelections() };
  }

  #parseField(): GraphqlField {
    const first = this.#takeName();
    const name = this.#skip(':') ? this.#takeName() : first;
    const args = new Map<string, GraphqlValue>();
    if (this.#skip('(')) {
      while (!this.#skip(')')) {
        const arg = this.#takeName();
        this.#take(':');
        args.set(arg, this.#parseValue());
      }
    }
    const selections = this.#peek() === '{' ? this.#parseSelections() : undefined;
    return { kind: 'field', name, alias: first, args, selections };
  }

  #parseValue(): GraphqlValue {
    if (this.#skip('$')) return { kind: 'variable', name: this.#takeName() };
    if (this.#skip('[')) {
      const items: GraphqlValue[] = [];
      while (!this.#skip(']')) items.push(this.#parseValue());
      return { kind: 'list', items };
    }
    if (this.#skip('{')) {
      const fields = new Map<string, GraphqlValue>();
      while (!this.#skip('}')) {
        const name = this.#takeName();
        this.#take(':');
        fields.set(name, this.#parseValue());
      }
      return { kind: 'object', fields };
    }
    return { kind: 'literal', value: parseLiteral(this.#takeAny()) };
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #isName(): boolean {
    return /^[A-Za-z_]/.test(this.#peek() ?? '');
  }

  #takeAny(): string {
    const token = this.#peek();
    if (token === undefined) throw new GraphqlSyntaxError('Unexpected end of the query.');
    this.#at += 1;
    return token;
  }

  #takeName(): string {
    if (!this.#isName()) throw new GraphqlSyntaxError(`Expected a name, not ${this.#peek() ?? 'the end'}.`);
    return this.#takeAny();
  }

  #take(expected: string): void {
    const token = this.#takeAny();
    if (token !== expected) throw new GraphqlSyntaxError(`Expected ${expected}, not ${token}.`);
  }

  #skip(expected: string): boolean {
    if (this.#peek() !== expected) return false;
    this.#at += 1;
    return true;
  }
}

/** Numbers, strings, `true`, `false` and `null` are JSON; anything else is the name of an enumeration's value. */
function parseLiteral(token: string): unknown {
  try {
    return JSON.parse(token);
  } catch {
    if (/^[A-Za-z_]\w*$/.test(token)) return token;
    throw new GraphqlSyntaxError(`Unexpected ${token}.`);
  }
}
