import type { HttpResponse } from '../http.js';
import type { AwsError } from './error.js';
import type { Protocol } from './service.js';
import { xmlElement } from './xml.js';

/** Writes an error in a service's protocol. */
export function renderError(protocol: Protocol, error: AwsError, requestId: string): HttpResponse {
  const { status, code, message } = error;
  switch (protocol) {
    case 'json':
      return {
        status,
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code, ...error.headers },
        // KMS leaves the member out where it has nothing to say.
        body: JSON.stringify({ __type: code, ...(message === '' ? {} : { message }) }),
      };
    case 'query':
      return xml(error, 'ErrorResponse', {
        Error: { Type: status >= 500 ? 'Receiver' : 'Sender', Code: code, Message: message },
        RequestId: requestId,
      });
    case 'rest-xml':
      return xml(error, 'Error', { Code: code, Message: message, ...error.details, RequestId: requestId });
  }
}

function xml(error: AwsError, root: string, content: Parameters<typeof xmlElement>[1]): HttpResponse {
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml', ...error.headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(root, content)}`,
  };
}
