import { headerOf, type HttpRequest } from '../http.js';
import { AwsError } from './error.js';
import type { AwsService, Protocol } from './service.js';

/** A service that the emulator has not: every call of it fails with its name, in a form that its clients can read. */
export function notImplemented(service: string): AwsService {
  return {
    protocol: protocolOf(service),
    subject: (request) => ({ action: actionOf(request), resource: undefined }),
    handle: (request) => Promise.reject(notImplementedError(service, actionOf(request))),
  };
}

/** The one error for what the emulator leaves out. Clients do not retry a 501. */
export function notImplementedError(service: string, action: string): AwsError {
  return new AwsError('NotImplemented', `The emulator does not implement ${service}:${action}.`, {
    status: 501,
  });
}

function protocolOf(service: string): Protocol {
  return ['iam', 'ec2', 'sts', 'sns', 'sqs', 'cloudformation'].includes(service) ? 'query' : 'json';
}

function actionOf(request: HttpRequest): string {
  const target = headerOf(request, 'x-amz-target')?.split('.').at(-1);
  return (
    target ??
    new URLSearchParams(request.body.toString()).get('Action') ??
    `${request.method} ${request.path}`
  );
}
