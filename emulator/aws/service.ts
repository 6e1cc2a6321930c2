import type { HttpRequest, HttpResponse } from '../http.js';
import type { Principal } from './principal.js';

/** What a service knows of a call beside its content. */
export interface CallContext {
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  /** The caller's address. */
  readonly sourceIp: string;
  /** What the client calls itself; undefined where it does not say. */
  readonly userAgent: string | undefined;
}

/** What a call is about, read from the request alone, before anything is checked: for faults and for the log. */
export interface Subject {
  readonly action: string;
  readonly resource: string | undefined;
  /** The keys of the tags that the request would put on; undefined for actions that put on none. */
  readonly tags?: readonly string[] | undefined;
}

/** An answer, with what it was about where only the service knows that (the id of a key just created). */
export interface ServiceResponse extends HttpResponse {
  readonly resource?: string;
}

/** How a service writes errors. */
export type Protocol = 'json' | 'query' | 'rest-xml';

/** One AWS service behind the gateway. */
export interface AwsService {
  readonly protocol: Protocol;
  /** Names the action and its subject; never throws. */
  subject(request: HttpRequest): Subject;
  /** Serves the call. @throws AwsError for everything that AWS would refuse */
  handle(request: HttpRequest, context: CallContext): Promise<ServiceResponse>;
}
