import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { CallLog } from '../call-log.js';
import type { EmulatorClock } from '../clock.js';
import type { FaultList, Interruption } from '../faults.js';
import { headerOf, sendResponse, type HttpRequest, type HttpResponse } from '../http.js';
import type { CredentialStore } from './credentials.js';
import { deniedResource, denialText, permissionOf, type Denial } from './denial.js';
import { AwsError } from './error.js';
import { renderError } from './error-response.js';
import { failure } from './failures.js';
import { ANONYMOUS, principalArn, type Principal } from './principal.js';
import { notImplemented } from './not-implemented.js';
import type { AwsService, ServiceResponse, Subject } from './service.js';
import { isSignedWith, readSignature, sha256, type Signature } from './signature.js';

/** What the AWS side of the emulator is made of. */
export interface GatewayOptions {
  readonly clock: EmulatorClock;
  readonly log: CallLog;
  readonly faults: FaultList;
  readonly credentials: CredentialStore;
  /** By the name that stands in the signature's scope. */
  readonly services: ReadonlyMap<string, AwsService>;
  readonly isRegionEnabled: (region: string) => boolean;
  /** The address that every call seems to come from; undefined for its own. */
  readonly sourceIp: string | undefined;
}

/** One request on its way through the gateway. */
interface Call {
  readonly request: HttpRequest;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly signature: Signature | undefined;
  readonly serviceName: string;
  readonly service: AwsService;
  readonly region: string;
  readonly subject: Subject;
  principal: Principal;
}

/**
 * The one door to all AWS services: tells from the signature's scope which service and Region a request is for,
 * lets faults happen, checks who is calling, has the service answer, and logs how it ended.
 */
export class Gateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Serves one request to its end, whatever happens. */
  async serve(request: HttpRequest, response: ServerResponse): Promise<void> {
    const call = this.#open(request, response);
    const { latencyMs, interruption } = this.#options.faults.next({
      service: call.serviceName,
      action: call.subject.action,
      region: call.region,
      resource: call.subject.resource,
      principal: this.#claimedPrincipal(call),
      tags: call.subject.tags,
    });
    if (latencyMs > 0) await pause(latencyMs, response);
    if (interruption === undefined) {
      this.#answer(call, await this.#attempt(call));
      return;
    }
    if (interruption.type === 'denied') {
      this.#answer(call, await this.#deny(call, interruption.denial));
      return;
    }
    // A call can be carried out and its answer be lost on the way: the harder case for a client.
    if (interruption.when === 'after') await this.#attempt(call);
    this.#interrupt(call, interruption);
  }

  #open(request: HttpRequest, response: ServerResponse): Call {
    const signature = readSignature(request);
    const serviceName = signature?.service ?? 'sts';
    const service = this.#options.services.get(serviceName) ?? notImplemented(serviceName);
    return {
      request,
      response,
      requestId: randomUUID(),
      signature,
      serviceName,
      service,
      region: signature?.region ?? regionOfHost(request) ?? 'us-east-1',
      subject: service.subject(request),
      principal: ANONYMOUS,
    };
  }

  #claimedPrincipal({ signature, region }: Call): string | undefined {
    const owner = signature && this.#options.credentials.ownerOf(signature.accessKeyId);
    return owner && principalArn(owner, region);
  }

  /** The refusal of a call by a policy; or of its credentials, which AWS looks at first. */
  async #deny(call: Call, denial: Denial): Promise<AwsError> {
    const { serviceName, region, subject } = call;
    try {
      await this.#admit(call);
    } catch (thrown: unknown) {
      return asAwsError(thrown);
    }
    const { code, status } = failure('access-denied', serviceName);
    const permission = permissionOf(serviceName, subject.action);
    if (call.principal === ANONYMOUS)
      return new AwsError(code, `Not authorized to perform ${permission}`, { status });
    const place = { region, account: call.principal.account };
    const denied = {
      principal: principalArn(call.principal, region),
      permission,
      resource: deniedResource(serviceName, place, subject.resource),
    };
    return new AwsError(code, denialText(denied, denial), { status });
  }

  /** @throws AwsError when the Region is not enabled or the credentials are not good */
  async #admit(call: Call): Promise<void> {
    if (!this.#options.isRegionEnabled(call.region)) throw failure('region-disabled', call.serviceName);
    call.principal = await this.#authenticate(call);
  }

  async #attempt(call: Call): Promise<ServiceResponse | AwsError> {
    try {
      await this.#admit(call);
      const { request, region, principal, requestId } = call;
      const userAgent = headerOf(request, 'user-agent');
      const sourceIp = this.#options.sourceIp ?? request.remoteAddress;
      return await call.service.handle(request, { region, principal, requestId, sourceIp, userAgent });
    } catch (thrown: unknown) {
      return asAwsError(thrown);
    }
  }

  async #authenticate(call: Call): Promise<Principal> {
    const { request, signature, serviceName } = call;
    if (signature === undefined) {
      if (serviceName === 'sts' && call.subject.action === 'AssumeRoleWithWebIdentity') return ANONYMOUS;
      throw failure('missing-signature', serviceName);
    }
    const token = headerOf(request, 'x-amz-security-token');
    const credentials = this.#options.credentials.claim(serviceName, signature.accessKeyId, token);
    if (!(await isSignedWith(request, signature, credentials.secretAccessKey)))
      throw failure('wrong-signature', serviceName);
    refuseOtherPayload(request, serviceName);
    return credentials.principal;
  }

  #interrupt(call: Call, interruption: Exclude<Interruption, { type: 'denied' }>): void {
    if (interruption.type === 'reset') {
      this.#log(call, 0, 'ConnectionReset');
      call.response.socket?.resetAndDestroy();
      return;
    }
    if (interruption.type === 'timeout') {
      // Never answered: the fault's time ends it, the client's own limit, or the emulator's stop.
      this.#log(call, 0, 'NoAnswer');
      if (interruption.openMs !== undefined) {
        void pause(interruption.openMs, call.response).then(() => call.response.socket?.destroy());
      }
      return;
    }
    this.#answer(call, interruption.error(call.serviceName));
  }

  #answer(call: Call, outcome: ServiceResponse | AwsError): void {
    const failed = outcome instanceof AwsError;
    const answer: HttpResponse = failed
      ? renderError(call.service.protocol, outcome, call.requestId)
      : outcome;
    const resource = failed ? undefined : outcome.resource;
    this.#log(call, answer.status, failed ? outcome.code : undefined, resource);
    const headers = {
      'x-amzn-requestid': call.requestId,
      'x-amz-request-id': call.requestId,
      ...answer.headers,
    };
    sendResponse(call.response, { ...answer, headers });
  }

  #log(call: Call, status: number, errorCode: string | undefined, resource?: string): void {
    const { principal, region } = call;
    this.#options.log.add({
      time: new Date(this.#options.clock.now()).toISOString(),
      service: call.serviceName,
      action: call.subject.action,
      region,
      principal: principal === ANONYMOUS ? undefined : principalArn(principal, region),
      status,
      errorCode,
      requestId: call.requestId,
      resource: resource ?? call.subject.resource,
    });
  }
}

/** What is no answer of AWS's is a defect of the emulator, and must not look like one that a client could live with. */
function asAwsError(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AwsError('EmulatorFailure', message, { status: 500 });
}

/** S3 signs the hash that the client declares; here it is held against the body. */
function refuseOtherPayload(request: HttpRequest, service: string): void {
  const declared = headerOf(request, 'x-amz-content-sha256');
  if (service !== 's3' || declared === undefined || !/^[0-9a-f]{64}$/.test(declared)) return;
  if (sha256(request.body) !== declared)
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
}

/** `sts.eu-west-1.amazonaws.com` → `eu-west-1`: the only hint that an unsigned call gives. */
function regionOfHost(request: HttpRequest): string | undefined {
  return /^sts\.((?:[a-z]+-){2,3}\d+)\./.exec(headerOf(request, 'host') ?? '')?.[1];
}

/** Waits, but no longer than the client does. */
async function pause(milliseconds: number, response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
