import type { Environment } from '../runner/context.js';
import { dnsSuffixOf } from '../facts/regions.js';

/** AWS's services as the variables for their endpoints name them: `AWS_ENDPOINT_URL_<SERVICE>`. */
export type Service = 'KMS' | 'STS' | 'IAM' | 'EC2' | 'S3' | 'DYNAMODB';

/**
 * The endpoint that the environment names for a service (AWS SDKs and Tools Reference Guide, "Service-specific
 * endpoints"): its own variable, else `AWS_ENDPOINT_URL`.
 * @returns the URL as it is written there; undefined where AWS's own endpoint is meant
 */
export function endpointOf(service: Service, env: Environment): string | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined;
  return [env[`AWS_ENDPOINT_URL_${service}`], env['AWS_ENDPOINT_URL']].find(
    (url) => url !== undefined && url !== '',
  );
}

/** Where a call of a service in a Region goes: to the endpoint that the environment names, else to AWS's own. */
export function urlOfService(service: Service, region: string, env: Environment): URL {
  const endpoint = endpointOf(service, env) ?? '';
  if (URL.canParse(endpoint)) return new URL(endpoint);
  return new URL(`https://${service.toLowerCase()}.${region}.${dnsSuffixOf(region) ?? 'amazonaws.com'}`);
}
