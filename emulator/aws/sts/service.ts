import type { HttpRequest } from '../../http.js';
import { notImplementedError } from '../not-implemented.js';
import { principalArn } from '../principal.js';
import type { AwsService, CallContext, ServiceResponse, Subject } from '../service.js';
import { xmlDocument, type XmlValue } from '../xml.js';
import { assumeRole, assumeRoleWithWebIdentity } from './assume-role.js';
import type { StsWorld } from './world.js';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

type Action = (
  world: StsWorld,
  parameters: URLSearchParams,
  context: CallContext,
) => XmlValue | Promise<XmlValue>;

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['GetCallerIdentity', getCallerIdentity],
  ['AssumeRole', assumeRole],
  ['AssumeRoleWithWebIdentity', assumeRoleWithWebIdentity],
]);

/** STS: the query protocol, parameters in a form body (or the query), answers in XML. */
export class StsService implements AwsService {
  readonly protocol = 'query';
  readonly #world: StsWorld;

  constructor(world: StsWorld) {
    this.#world = world;
  }

  subject(request: HttpRequest): Subject {
    const parameters = readParameters(request);
    return {
      action: parameters.get('Action') ?? 'Unknown',
      resource: parameters.get('RoleArn') ?? undefined,
    };
  }

  async handle(request: HttpRequest, context: CallContext): Promise<ServiceResponse> {
    const parameters = readParameters(request);
    const name = parameters.get('Action') ?? 'Unknown';
    const action = ACTIONS.get(name);
    if (action === undefined) throw notImplementedError('sts', name);
    const result = await action(this.#world, parameters, context);
    const content = { [`${name}Result`]: result, ResponseMetadata: { RequestId: context.requestId } };
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: xmlDocument(`${name}Response`, NAMESPACE, content),
    };
  }
}

function readParameters(request: HttpRequest): URLSearchParams {
  return request.body.length > 0 ? new URLSearchParams(request.body.toString()) : request.query;
}

function getCallerIdentity(_world: StsWorld, _parameters: URLSearchParams, context: CallContext): XmlValue {
  const { principal, region } = context;
  return { Arn: principalArn(principal, region), UserId: principal.userId, Account: principal.account };
}
