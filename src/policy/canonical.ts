import { compareTexts, type Policy, type Principals, type Statement } from './document.js';
import { parsePolicy, type ParseOptions } from './parse.js';

/**
 * A policy as JSON in the form in which AWS gives policies back, so that the provider, which compares the two element by
 * element, finds no difference (terraform-provider-aws#20588, #27641): each principal, action, resource and value once,
 * an account as its root ARN, `{"AWS": "*"}` for everybody, equal statements once, lists of one element as a text.
 * Statements keep their order.
 */
export function formatPolicy({ version, id, statements }: Policy): string {
  const distinct = new Map(statements.map((statement) => [JSON.stringify(formOf(statement)), statement]));
  return JSON.stringify({
    ...(version === undefined ? {} : { Version: version }),
    ...(id === undefined ? {} : { Id: id }),
    Statement: [...distinct.values()].map(formOf),
  });
}

function formOf({ sid, effect, principals, actions, resources, conditions }: Statement): object {
  return {
    ...(sid === undefined ? {} : { Sid: sid }),
    Effect: effect,
    ...elementOf('Principal', principals.not, principalForm(principals)),
    ...elementOf('Action', actions.not, oneOrList(actions.names)),
    ...(resources === undefined ? {} : elementOf('Resource', resources.not, oneOrList(resources.names))),
    ...(conditions.length === 0 ? {} : { Condition: conditionForm(conditions) }),
  };
}

function elementOf(name: string, not: boolean, value: unknown): Record<string, unknown> {
  return { [not ? `Not${name}` : name]: value };
}

function principalForm({ members }: Principals): Record<string, unknown> {
  const byType = Map.groupBy(members, ({ type }) => type);
  return Object.fromEntries(
    [...byType].map(([type, some]) => [type, oneOrList(some.map(({ value }) => value))]),
  );
}

function oneOrList(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : values;
}

function conditionForm(conditions: Statement['conditions']): Record<string, unknown> {
  const byOperator = Map.groupBy(conditions, ({ operator }) => operator);
  return Object.fromEntries(
    [...byOperator].map(([operator, some]) => [
      operator,
      Object.fromEntries(some.map(({ key, values }) => [key, oneOrList(values)])),
    ]),
  );
}

/**
 * A policy in one form for all ways of writing it, to be compared and hashed: statements are a set. Sids, Id and Version
 * stay: they change nothing in who may do what, but they are a change in AWS. A text that is no policy stays as it is.
 */
export function canonicalPolicy(text: string, options: Omit<ParseOptions, 'from'>): unknown {
  const reading = parsePolicy(text, { ...options, from: 'aws' });
  if ('problems' in reading) return { unreadable: text };
  const { version, id, statements } = reading.policy;
  // In the order of a form that has its members as the reader makes them: every digest so far has it.
  const forms = new Map(
    statements.map((each) => ({ ...each, position: undefined })).map((form) => [JSON.stringify(form), form]),
  );
  const sorted = [...forms].sort(([a], [b]) => compareTexts(a, b));
  return { version, id, statements: sorted.map(([, form]) => form) };
}
