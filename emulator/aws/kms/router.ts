import { headerOf, type HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import { notImplementedError } from '../not-implemented.js';
import { isObject } from '../../json.js';
import type { AwsService, CallContext, ServiceResponse, Subject } from '../service.js';
import { aliasOperations } from './aliases.js';
import { dataKeyOperations } from './data-keys.js';
import { deletionOperations } from './deletion.js';
import { encryptionOperations } from './encryption.js';
import { grantOperations } from './grants.js';
import { keyOperations } from './keys.js';
import { lastUsageOperations, recordUsage } from './last-usage.js';
import { policyOperations } from './key-policy.js';
import { replicationOperations } from './replication.js';
import { rotationOperations } from './rotation.js';
import { signingOperations } from './signing.js';
import { tagOperations } from './tags.js';
import type { KmsOutput, KmsWorld, Operation } from './world.js';

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    ...keyOperations,
    ...aliasOperations,
    ...policyOperations,
    ...tagOperations,
    ...rotationOperations,
    ...replicationOperations,
    ...deletionOperations,
    ...grantOperations,
    ...encryptionOperations,
    ...dataKeyOperations,
    ...signingOperations,
    ...lastUsageOperations,
  }),
);

/** The fields by which requests name what they are about, in the order in which they count. */
const SUBJECT_FIELDS = ['AliasName', 'KeyId', 'DestinationKeyId', 'SourceKeyId'];

/** The actions that take tags. */
const TAGGING = new Set(['CreateKey', 'ReplicateKey', 'TagResource']);

/** KMS: JSON 1.1, the action in `X-Amz-Target: TrentService.ACTION`. */
export class KmsService implements AwsService {
  readonly protocol = 'json';
  readonly #world: KmsWorld;

  constructor(world: KmsWorld) {
    this.#world = world;
  }

  subject(request: HttpRequest): Subject {
    const [prefix, action] = (headerOf(request, 'x-amz-target') ?? '').split('.');
    const body = readJson(request.body) ?? {};
    const named = SUBJECT_FIELDS.map((field) => body[field]).find((value) => typeof value === 'string');
    return {
      action: prefix === 'TrentService' && action !== undefined ? action : 'Unknown',
      resource: typeof named === 'string' ? shortName(named) : undefined,
      tags: TAGGING.has(action ?? '') ? tagNames(body['Tags']) : undefined,
    };
  }

  async handle(request: HttpRequest, context: CallContext): Promise<ServiceResponse> {
    const { action } = this.subject(request);
    const operation = OPERATIONS.get(action);
    if (action === 'Unknown') throw new AwsError('UnknownOperationException', '');
    if (operation === undefined) throw notImplementedError('kms', action);
    const body = readJson(request.body);
    if (body === undefined) throw new AwsError('SerializationException', '');
    this.#world.store.settle(this.#world.clock.now());
    const call = { action, body, ...context };
    const output = await operation(this.#world, call);
    recordUsage(this.#world, call, output);
    const resource = createdKey(output);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: Object.keys(output).length === 0 ? '' : JSON.stringify(output),
      ...(resource === undefined ? {} : { resource }),
    };
  }
}

function readJson(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(body.length === 0 ? '{}' : body.toString());
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function tagNames(tags: unknown): string[] {
  const list: unknown[] = Array.isArray(tags) ? tags : [];
  return list.flatMap((tag) => (isObject(tag) && typeof tag['TagKey'] === 'string' ? [tag['TagKey']] : []));
}

/** `arn:…:key/ID` → `ID`, `arn:…:alias/NAME` → `alias/NAME`. */
function shortName(name: string): string {
  return name.replace(/^arn:[^/]*:(?=(key|alias)\/)/, '').replace(/^key\//, '');
}

function createdKey(output: KmsOutput): string | undefined {
  const metadata = output['KeyMetadata'];
  const id = isObject(metadata) ? metadata['KeyId'] : undefined;
  return typeof id === 'string' ? id : undefined;
}
