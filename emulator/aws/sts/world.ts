import type { JSONWebKeySet } from 'jose';
import type { EmulatorClock } from '../../clock.js';
import type { CredentialStore } from '../credentials.js';

/** A role that can be assumed. */
export interface Role {
  /** `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME` */
  readonly arn: string;
  /** The trust policy, as a document or as its JSON. */
  readonly trustPolicy: unknown;
  /** The longest session, in seconds; 3600 unless told, as IAM has it. */
  readonly maxSessionDuration?: number;
}

/** An OpenID Connect provider that the account knows. */
export interface OidcProvider {
  /** The issuer's URL, `https://…`, as it stands in the tokens' `iss`. */
  readonly url: string;
  /** The public keys that the issuer's tokens are signed with; it is asked anew for each token. */
  readonly jwks: () => JSONWebKeySet | Promise<JSONWebKeySet>;
  /** The audiences that the account accepts. */
  readonly clientIds: readonly string[];
}

/** What STS works on. Roles and providers can be changed while it runs. */
export interface StsWorld {
  readonly clock: EmulatorClock;
  readonly credentials: CredentialStore;
  /** ARN → role. */
  readonly roles: Map<string, Role>;
  /** Issuer URL → provider. */
  readonly providers: Map<string, OidcProvider>;
}
