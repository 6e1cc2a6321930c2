import { graphqlSync, GraphQLError } from 'graphql';

import type { HttpRequest } from '../http.js';
import { refuse, type Answer } from './answers.js';
import { resolveRoot, type GraphqlContext } from './graphql-resolvers.js';
import { SCHEMA } from './graphql-schema.js';

export type { GraphqlContext } from './graphql-resolvers.js';

interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

/**
 * Answers a GraphQL request as GitHub does: HTTP 200 with `errors` for a query that asks for what is not there, and
 * with `data` beside `errors` where a part could be found. The words of a query that does not fit the schema are those of
 * graphql-js; GitHub has others.
 */
export function answerGraphql(request: HttpRequest, context: GraphqlContext): Answer {
  const asked = readRequest(request);
  if (!asked) return refuse(400, 'Problems parsing JSON');
  const { data, errors } = graphqlSync({
    schema: SCHEMA,
    source: asked.query,
    rootValue: resolveRoot(context),
    variableValues: asked.variables,
    operationName: asked.operationName ?? null,
  });
  return {
    status: 200,
    body: { ...(data === undefined ? {} : { data }), ...(errors ? { errors: errors.map(showError) } : {}) },
  };
}

/** GitHub has `type` beside the message, where graphql-js has it among the extensions. */
function showError(error: GraphQLError): Readonly<Record<string, unknown>> {
  // What no resolver means to say is a defect of the emulator: it must not pass for an answer of GitHub's.
  const { originalError } = error;
  if (originalError !== undefined && !(originalError instanceof GraphQLError)) throw originalError;
  const { message, path, locations, extensions } = error.toJSON();
  const { type, ...others } = extensions ?? {};
  return {
    ...(type === undefined ? {} : { type }),
    ...(path === undefined ? {} : { path }),
    ...(locations === undefined ? {} : { locations }),
    ...(Object.keys(others).length === 0 ? {} : { extensions: others }),
    message,
  };
}

function readRequest(request: HttpRequest): Asked | undefined {
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'));
    if (typeof body !== 'object' || body === null) return undefined;
    const { query, variables, operationName } = body as Record<string, unknown>;
    if (typeof query !== 'string') return undefined;
    return {
      query,
      variables: typeof variables === 'object' && variables !== null ? { ...variables } : {},
      operationName: typeof operationName === 'string' ? operationName : undefined,
    };
  } catch {
    return undefined;
  }
}
