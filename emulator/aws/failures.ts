import { AwsError } from './error.js';

/** Failures that every service has, each in its own words. */
export type FailureKind =
  | 'missing-signature'
  | 'unknown-key'
  | 'wrong-token'
  | 'expired-token'
  | 'wrong-signature'
  | 'region-disabled'
  | 'throttled'
  | 'internal'
  | 'unavailable'
  | 'access-denied';

type Row = readonly [code: string, status: number, message: string];

const INVALID_TOKEN = 'The security token included in the request is invalid.';
const EXPIRED_TOKEN = 'The security token included in the request is expired';
const WRONG_SIGNATURE =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
  'and signing method.';

/** KMS and the other JSON services. */
const JSON_SERVICES: Readonly<Record<FailureKind, Row>> = {
  'missing-signature': ['MissingAuthenticationTokenException', 400, 'Missing Authentication Token'],
  'unknown-key': ['UnrecognizedClientException', 400, INVALID_TOKEN],
  'wrong-token': ['UnrecognizedClientException', 400, INVALID_TOKEN],
  'expired-token': ['ExpiredTokenException', 400, EXPIRED_TOKEN],
  'wrong-signature': ['InvalidSignatureException', 400, WRONG_SIGNATURE],
  'region-disabled': ['UnrecognizedClientException', 400, INVALID_TOKEN],
  throttled: ['ThrottlingException', 400, 'Rate exceeded'],
  internal: ['KMSInternalException', 500, 'The request failed because of an internal error.'],
  unavailable: ['ServiceUnavailableException', 503, 'The service is temporarily unavailable.'],
  'access-denied': ['AccessDeniedException', 400, 'User is not authorized to perform this action.'],
};

/** STS, IAM and the other services of the query protocol. */
const QUERY_SERVICES: Readonly<Record<FailureKind, Row>> = {
  'missing-signature': ['MissingAuthenticationToken', 403, 'Request is missing Authentication Token'],
  'unknown-key': ['InvalidClientTokenId', 403, INVALID_TOKEN],
  'wrong-token': ['InvalidClientTokenId', 403, INVALID_TOKEN],
  'expired-token': ['ExpiredToken', 403, EXPIRED_TOKEN],
  'wrong-signature': ['SignatureDoesNotMatch', 403, WRONG_SIGNATURE],
  'region-disabled': ['InvalidClientTokenId', 403, INVALID_TOKEN],
  throttled: ['Throttling', 400, 'Rate exceeded'],
  internal: ['InternalFailure', 500, 'The request failed because of an internal error.'],
  unavailable: ['ServiceUnavailable', 503, 'Service Unavailable'],
  'access-denied': ['AccessDenied', 403, 'User is not authorized to perform this action.'],
};

const S3: Readonly<Record<FailureKind, Row>> = {
  'missing-signature': ['AccessDenied', 403, 'Access Denied'],
  'unknown-key': [
    'InvalidAccessKeyId',
    403,
    'The AWS Access Key Id you provided does not exist in our records.',
  ],
  'wrong-token': ['InvalidToken', 400, 'The provided token is malformed or otherwise invalid.'],
  'expired-token': ['ExpiredToken', 400, 'The provided token has expired.'],
  'wrong-signature': ['SignatureDoesNotMatch', 403, WRONG_SIGNATURE],
  'region-disabled': [
    'InvalidAccessKeyId',
    403,
    'The AWS Access Key Id you provided does not exist in our records.',
  ],
  throttled: ['SlowDown', 503, 'Please reduce your request rate.'],
  internal: ['InternalError', 500, 'We encountered an internal error. Please try again.'],
  unavailable: ['ServiceUnavailable', 503, 'Service is unable to handle request.'],
  'access-denied': ['AccessDenied', 403, 'Access Denied'],
};

/** The error with which a service says that a call failed in a way that all services share. */
export function failure(kind: FailureKind, service: string): AwsError {
  const [code, status, message] = tableOf(service)[kind];
  return new AwsError(code, message, { status });
}

function tableOf(service: string): Readonly<Record<FailureKind, Row>> {
  if (service === 'kms') return JSON_SERVICES;
  return service === 's3' ? S3 : QUERY_SERVICES;
}
