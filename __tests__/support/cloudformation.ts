/** A CloudFormation template as it stands once its parameters are given: enough of the intrinsic functions for bootstrap/. */

import { readFileSync } from 'node:fs';
import { parse, type CollectionTag, type ScalarTag } from 'yaml';

export type Parameters = Readonly<Record<string, string | readonly string[]>>;

interface Template {
  readonly Parameters: Readonly<Record<string, { readonly Type: string; readonly Default?: string }>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** A call of an intrinsic function, e.g. `!Ref Branch`. */
class Call {
  constructor(
    readonly name: string,
    readonly argument: unknown,
  ) {}
}

const NAMES = ['Ref', 'Sub', 'GetAtt', 'If', 'Equals', 'Not'];

const TAGS = NAMES.flatMap((name): (ScalarTag | CollectionTag)[] => [
  { tag: `!${name}`, resolve: (text: string) => new Call(name, text) },
  {
    tag: `!${name}`,
    collection: 'seq',
    resolve: (node) => new Call(name, (node as { toJSON(): unknown }).toJSON()),
  },
]);

/** What `!Ref AWS::NoValue` leaves: nothing, and no element of a list. */
const NOTHING = Symbol('AWS::NoValue');

/** Reads and resolves a template. Throws for a function, a parameter or a resource that it does not know. */
export function resolveTemplate(
  file: string,
  given: Parameters,
  attributes: Readonly<Record<string, string>>,
): Pick<Template, 'Resources' | 'Outputs'> {
  const template = parse(readFileSync(file, 'utf8'), { customTags: TAGS }) as Template;
  const values = new Map<string, unknown>(Object.entries(attributes));
  for (const [name, { Default }] of Object.entries(template.Parameters)) {
    const value = given[name] ?? Default;
    if (value === undefined) throw new Error(`The parameter ${name} was not given.`);
    values.set(name, value);
  }
  const lookUp = (name: string): unknown => {
    if (name === 'AWS::NoValue') return NOTHING;
    if (!values.has(name)) throw new Error(`${name} is neither a parameter nor an attribute of the test.`);
    return values.get(name);
  };
  const holds = (name: string): boolean => resolve(template.Conditions[name]) === true;
  const call = ({ name, argument }: Call): unknown => {
    const list = Array.isArray(argument) ? (argument as unknown[]) : [];
    if (name === 'Ref' || name === 'GetAtt') return lookUp(String(argument));
    if (name === 'Sub')
      return String(argument).replace(/\$\{([^}]+)\}/g, (_, key: string) => String(lookUp(key)));
    if (name === 'Equals') return resolve(list[0]) === resolve(list[1]);
    if (name === 'Not') return resolve(list[0]) !== true;
    return resolve(holds(String(list[0])) ? list[1] : list[2]);
  };
  function resolve(value: unknown): unknown {
    if (value instanceof Call) return call(value);
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== NOTHING);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item)]));
  }
  const resources = Object.entries(template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || holds(Condition),
  );
  return {
    Resources: Object.fromEntries(resources.map(([name, resource]) => [name, resolve(resource) as Resource])),
    Outputs: resolve(template.Outputs) as Template['Outputs'],
  };
}
