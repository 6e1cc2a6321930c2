import { compactVerify, createLocalJWKSet, decodeJwt, errors, type JWTPayload } from 'jose';
import { AwsError } from '../error.js';
import type { OidcProvider, StsWorld } from './world.js';

/** What a token proves about its bearer. */
export interface Identity {
  /** The issuer's URL. */
  readonly issuer: string;
  /** The audience that the account knows. */
  readonly audience: string;
  /** Every claim as texts, by name. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
}

/**
 * Verifies an OpenID Connect token: issuer, signature, expiry, audience. The token itself gets into no message.
 * @throws AwsError InvalidIdentityToken or ExpiredTokenException
 */
export async function verifyIdentityToken(world: StsWorld, token: string): Promise<Identity> {
  const payload = decode(token);
  const issuer = payload.iss ?? '';
  const provider = world.providers.get(issuer);
  if (provider === undefined)
    throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`);
  await verifySignature(provider, token);
  refuseExpired(payload, world.clock.now());
  const audiences = texts(payload.aud);
  const audience = audiences.find((one) => provider.clientIds.includes(one));
  if (audience === undefined) throw invalidToken('Incorrect token audience');
  const claims = Object.entries(payload).map(([name, value]) => [name, texts(value)] as const);
  return { issuer, audience, claims: Object.fromEntries(claims) };
}

function decode(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    throw invalidToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
}

async function verifySignature(provider: OidcProvider, token: string): Promise<void> {
  try {
    const keys = createLocalJWKSet(await provider.jwks());
    await compactVerify(token, keys, { algorithms: ['RS256'] });
  } catch (thrown: unknown) {
    if (thrown instanceof errors.JWSSignatureVerificationFailed) throw invalidToken('Invalid Signature');
    throw invalidToken(
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
}

function refuseExpired(payload: JWTPayload, now: number): void {
  const seconds = Math.floor(now / 1000);
  if (payload.exp === undefined) throw invalidToken('Missing a required claim: exp');
  if (payload.exp > seconds) return;
  throw new AwsError(
    'ExpiredTokenException',
    `Token expired: current date/time ${seconds} must be before the expiration date/time ${payload.exp}`,
  );
}

function texts(value: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => item !== undefined && item !== null).map(String);
}

function invalidToken(message: string): AwsError {
  return new AwsError('InvalidIdentityToken', message);
}
