import type { HttpRequest } from '../http.js';
import { refuse, type Answer } from './answers.js';
import {
  GraphqlSyntaxError,
  parseGraphql,
  type GraphqlDocument,
  type GraphqlField,
  type GraphqlSelection,
  type GraphqlValue,
} from './graphql-parser.js';
import {
  GraphqlFieldError,
  POSSIBLE_TYPES,
  SCHEMA,
  type FieldDefinition,
  type GraphqlContext,
  type GraphqlObject,
} from './graphql-schema.js';

type Variables = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

interface GraphqlError {
  readonly message: string;
  readonly type?: string;
  readonly path?: Path;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * Answers a GraphQL request as GitHub does: HTTP 200 with `errors` for a query that asks for what is not there, and
 * with `data` beside `errors` where a part could be found.
 */
export function answerGraphql(request: HttpRequest, context: GraphqlContext): Answer {
  const asked = readRequest(request);
  if (!asked) return refuse(400, 'Problems parsing JSON');
  try {
    const document = parseGraphql(asked.query);
    if (document.operation !== 'query') {
      return failed([{ message: 'The emulator serves no mutations.', type: 'NOT_IMPLEMENTED' }]);
    }
    const errors = [...checkVariables(document, asked.variables), ...new Checker(document).check()];
    if (errors.length > 0) return failed(errors);
    return new Executor(document, asked.variables, context).run();
  } catch (error) {
    if (error instanceof GraphqlSyntaxError) return failed([{ message: `Parse error: ${error.message}` }]);
    throw error;
  }
}

function failed(errors: readonly GraphqlError[]): Answer {
  return { status: 200, body: { errors } };
}

function readRequest(request: HttpRequest): { query: string; variables: Variables } | undefined {
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'));
    if (typeof body !== 'object' || body === null) return undefined;
    const { query, variables } = body as { query?: unknown; variables?: unknown };
    if (typeof query !== 'string') return undefined;
    return {
      query,
      variables: typeof variables === 'object' && variables !== null ? (variables as Variables) : {},
    };
  } catch {
    return undefined;
  }
}

function checkVariables(document: GraphqlDocument, given: Variables): GraphqlError[] {
  return document.variables
    .filter(({ name, type, fallback }) => type.endsWith('!') && !fallback && (given[name] ?? null) === null)
    .map(({ name, type }) => ({
      message: `Variable $${name} of type ${type} was provided invalid value`,
      extensions: { value: null, problems: [{ path: [], explanation: 'Expected value to not be null' }] },
    }));
}

/** Finds everything in a query that the schema does not have. */
class Checker {
  readonly #document: GraphqlDocument;
  readonly #errors: GraphqlError[] = [];
  readonly #used = new Set<string>();

  constructor(document: GraphqlDocument) {
    this.#document = document;
  }

  check(): GraphqlError[] {
    this.#checkSelections(this.#document.selections, 'Query');
    const declared = this.#document.variables.map(({ name }) => name);
    for (const name of this.#used) {
      if (!declared.includes(name))
        this.#report('variableNotDefined', `Variable $${name} is used but not declared`);
    }
    for (const name of declared) {
      if (!this.#used.has(name))
        this.#report('variableNotUsed', `Variable $${name} is declared but not used`);
    }
    return this.#errors;
  }

  #report(code: string, message: string, more: Readonly<Record<string, unknown>> = {}): void {
    this.#errors.push({ message, extensions: { code, ...more } });
  }

  #checkSelections(selections: readonly GraphqlSelection[], typeName: string): void {
    for (const selection of selections) {
      if (selection.kind === 'field') {
        this.#checkField(selection, typeName);
        continue;
      }
      const fragment = selection.kind === 'spread' ? this.#document.fragments.get(selection.name) : selection;
      const onType = fragment?.onType ?? typeName;
      if (!fragment) {
        this.#report('useAndDefineFragment', `Fragment ${selection.kind} was used, but not defined`);
      } else if (!SCHEMA[onType]) {
        this.#report('undefinedType', `No such type ${onType}, so it can't be a fragment condition`);
      } else {
        this.#checkSelections(fragment.selections, onType);
      }
    }
  }

  #checkField(field: GraphqlField, typeName: string): void {
    if (field.name === '__typename') return;
    const definition = SCHEMA[typeName]?.[field.name];
    if (!definition) {
      const message = `Field '${field.name}' doesn't exist on type '${typeName}'`;
      this.#report('undefinedField', message, { typeName, fieldName: field.name });
      return;
    }
    for (const [name, value] of field.args) {
      if (!definition.args.includes(name)) {
        const message = `Field '${field.name}' doesn't accept argument '${name}'`;
        this.#report('argumentNotAccepted', message, { name: field.name, argumentName: name });
      }
      this.#noteVariables(value);
    }
    this.#checkBraces(field, definition);
  }

  #checkBraces({ name, selections }: GraphqlField, { type }: FieldDefinition): void {
    if (SCHEMA[type]) {
      if (selections) this.#checkSelections(selections, type);
      else this.#report('selectionMismatch', `Field must have selections (field '${name}' returns ${type})`);
    } else if (selections) {
      this.#report('selectionMismatch', `Selections can't be made on scalars (field '${name}')`);
    }
  }

  #noteVariables(value: GraphqlValue): void {
    if (value.kind === 'variable') this.#used.add(value.name);
    if (value.kind === 'list') for (const item of value.items) this.#noteVariables(item);
    if (value.kind === 'object') for (const item of value.fields.values()) this.#noteVariables(item);
  }
}

/** Resolves a query that has been checked. */
class Executor {
  readonly #document: GraphqlDocument;
  readonly #variables: Variables;
  readonly #context: GraphqlContext;
  readonly #errors: GraphqlError[] = [];

  constructor(document: GraphqlDocument, variables: Variables, context: GraphqlContext) {
    this.#document = document;
    this.#variables = variables;
    this.#context = context;
  }

  run(): Answer {
    const data = this.#resolveObject({ type: 'Query', value: undefined }, this.#document.selections, []);
    return { status: 200, body: { data, ...(this.#errors.length > 0 ? { errors: this.#errors } : {}) } };
  }

  #resolveObject(
    object: GraphqlObject,
    selections: readonly GraphqlSelection[],
    path: Path,
  ): Record<string, unknown> {
    const answer: Record<string, unknown> = {};
    for (const field of this.#chooseFields(object.type, selections)) {
      answer[field.alias] = this.#resolveField(object, field, [...path, field.alias]);
    }
    return answer;
  }

  /** The fields for a concrete type, with the fragments that fit it opened. */
  #chooseFields(type: string, selections: readonly GraphqlSelection[]): GraphqlField[] {
    return selections.flatMap((selection) => {
      if (selection.kind === 'field') return [selection];
      const fragment = selection.kind === 'spread' ? this.#document.fragments.get(selection.name) : selection;
      const onType = fragment?.onType ?? type;
      const fits = onType === type || POSSIBLE_TYPES[onType]?.includes(type) === true;
      return fragment && fits ? this.#chooseFields(type, fragment.selections) : [];
    });
  }

  #resolveField(object: GraphqlObject, field: GraphqlField, path: Path): unknown {
    if (field.name === '__typename') return object.type;
    const definition = SCHEMA[object.type]?.[field.name];
    if (!definition) throw new Error(`${object.type} has no resolver for ${field.name}.`);
    const args = Object.fromEntries([...field.args].map(([name, value]) => [name, this.#evaluate(value)]));
    try {
      return this.#shape(definition.resolve(object.value as never, args, this.#context), field, path);
    } catch (error) {
      if (!(error instanceof GraphqlFieldError)) throw error;
      this.#errors.push({ message: error.message, type: error.type, path });
      return null;
    }
  }

  #shape(resolved: unknown, field: GraphqlField, path: Path): unknown {
    if (field.selections === undefined || resolved === null) return resolved;
    const { selections } = field;
    return Array.isArray(resolved)
      ? resolved.map((item, index) =>
          this.#resolveObject(item as GraphqlObject, selections, [...path, index]),
        )
      : this.#resolveObject(resolved as GraphqlObject, selections, path);
  }

  #evaluate(value: GraphqlValue): unknown {
    switch (value.kind) {
      case 'literal':
        return value.value;
      case 'list':
        return value.items.map((item) => this.#evaluate(item));
      case 'object':
        return Object.fromEntries([...value.fields].map(([name, item]) => [name, this.#evaluate(item)]));
      case 'variable': {
        const fallback = this.#document.variables.find(({ name }) => name === value.name)?.fallback;
        return this.#variables[value.name] ?? (fallback ? this.#evaluate(fallback) : null);
      }
    }
  }
}
