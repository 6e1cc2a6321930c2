/** As much of JSON Schema as GitHub's OpenAPI description needs for checking the shape of an answer. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly nullable?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What is wrong with a value, as `path: problem`; empty when it fits. */
export function findSchemaProblems(api: OpenApi, schema: Schema, value: unknown, path = '$'): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/components/schemas/', '');
    const target = api.components.schemas[name];
    return target ? findSchemaProblems(api, target, value, path) : [`${path}: no schema ${name}`];
  }
  if (value === null && allowsNull(schema)) return [];
  const alternatives = schema.anyOf ?? schema.oneOf;
  return [
    ...checkType(schema, value, path),
    ...(schema.allOf ?? []).flatMap((each) => findSchemaProblems(api, each, value, path)),
    ...(alternatives ? checkAlternatives({ api, alternatives, value, path }) : []),
    ...checkProperties(api, schema, value, path),
    ...checkItems(api, schema, value, path),
  ];
}

function allowsNull({ nullable, type, anyOf, oneOf }: Schema): boolean {
  const listed = Array.isArray(type) && type.includes('null');
  return (
    nullable === true ||
    listed ||
    [...(anyOf ?? []), ...(oneOf ?? [])].some(({ type: each }) => each === 'null')
  );
}

function checkType({ type, enum: allowed, format }: Schema, value: unknown, path: string): string[] {
  const problems: string[] = [];
  const types = typeof type === 'string' ? [type] : type;
  if (types && !types.some((each) => isOfType(value, each))) {
    problems.push(`${path}: ${JSON.stringify(value)} is not of type ${types.join(' or ')}`);
  }
  if (allowed && !allowed.includes(value))
    problems.push(`${path}: ${JSON.stringify(value)} is none of the values`);
  if (
    format === 'date-time' &&
    typeof value === 'string' &&
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)
  ) {
    problems.push(`${path}: ${value} is not a time`);
  }
  if (format === 'uri' && typeof value === 'string' && !URL.canParse(value.replaceAll(/[{}]/g, ''))) {
    problems.push(`${path}: ${value} is not a URI`);
  }
  return problems;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function checkAlternatives(options: {
  readonly api: OpenApi;
  readonly alternatives: readonly Schema[];
  readonly value: unknown;
  readonly path: string;
}): string[] {
  const { api, alternatives, value, path } = options;
  const problems = alternatives.map((each) => findSchemaProblems(api, each, value, path));
  return problems.some((each) => each.length === 0) ? [] : (problems[0] ?? []);
}

function checkProperties(api: OpenApi, schema: Schema, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const object = value as Readonly<Record<string, unknown>>;
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(object, name));
  const known = Object.entries(schema.properties ?? {}).filter(([name]) => Object.hasOwn(object, name));
  return [
    ...missing.map((name) => `${path}: ${name} is missing`),
    ...known.flatMap(([name, each]) => findSchemaProblems(api, each, object[name], `${path}.${name}`)),
  ];
}

function checkItems(api: OpenApi, { items }: Schema, value: unknown, path: string): string[] {
  if (!items || !Array.isArray(value)) return [];
  return value.flatMap((each, index) => findSchemaProblems(api, items, each, `${path}[${index}]`));
}
