import { compareTexts, type Clause, type Policy, type Principals, type Statement } from './document.js';
import { parsePolicy, type ParseOptions } from './parse.js';
import { PRINCIPAL_TYPES } from './principals.js';

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
  const named = PRINCIPAL_TYPES.map((type) => ({
    type,
    values: members.filter((each) => each.type === type).map(({ value }) => value),
  }));
  return Object.fromEntries(
    named.filter(({ values }) => values.length > 0).map(({ type, values }) => [type, oneOrList(values)]),
  );
}

function oneOrList(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : values;
}

function conditionForm(conditions: Statement['conditions']): Record<string, unknown> {
  const operators = [...new Set(conditions.map(({ operator }) => operator))];
  return Object.fromEntries(
    operators.map((operator) => [
      operator,
      Object.fromEntries(
        conditions
          .filter((each) => each.operator === operator)
          .map(({ key, values }) => [key, oneOrList(values)]),
      ),
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
  const forms = new Map(statements.map((each) => [JSON.stringify(canonicalStatement(each)), each]));
  return {
    version,
    id,
    statements: [...forms].sort(([a], [b]) => compareTexts(a, b)).map(([, each]) => canonicalStatement(each)),
  };
}

function canonicalStatement(statement: Statement): unknown {
  const { sid, effect, principals, actions, resources, conditions } = statement;
  const clause = ({ not, names }: Clause): unknown => ({ not, names });
  return {
    sid,
    effect,
    principals: {
      not: principals.not,
      members: principals.members.map(({ type, value }) => ({ type, value })),
    },
    actions: clause(actions),
    resources: resources === undefined ? undefined : clause(resources),
    conditions: conditions.map(({ operator, key, values }) => ({ operator, key, values })),
  };
}
