import { randomBytes, randomInt } from 'node:crypto';
import type { EmulatorClock } from '../clock.js';
import { failure } from './failures.js';
import type { Principal } from './principal.js';

/** Credentials that the emulator accepts, and whose they are. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Undefined for long-term credentials. */
  readonly sessionToken: string | undefined;
  /** Milliseconds since the epoch; undefined for long-term credentials. */
  readonly expiresAt: number | undefined;
  readonly principal: Principal;
}

/** The access keys that are valid: the ones set at the start and the ones that STS issued. */
export class CredentialStore {
  readonly #clock: EmulatorClock;
  readonly #byKeyId = new Map<string, Credentials>();

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
  }

  add(credentials: Credentials): void {
    this.#byKeyId.set(credentials.accessKeyId, credentials);
  }

  /** Issues a role session's credentials. @param seconds how long they are good for */
  issue(principal: Principal, seconds: number): Credentials {
    const credentials = {
      accessKeyId: `ASIA${randomId(16)}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(192).toString('base64'),
      expiresAt: this.#clock.now() + seconds * 1000,
      principal,
    };
    this.add(credentials);
    return credentials;
  }

  /** Whose access key it is, whether or not the request that names it is theirs. */
  ownerOf(accessKeyId: string): Principal | undefined {
    return this.#byKeyId.get(accessKeyId)?.principal;
  }

  /**
   * The credentials that a request claims to be signed with.
   * @throws AwsError in the service's own words when they are unknown, incomplete or expired
   */
  claim(service: string, accessKeyId: string, sessionToken: string | undefined): Credentials {
    const found = this.#byKeyId.get(accessKeyId);
    if (found === undefined) throw failure('unknown-key', service);
    if (found.sessionToken !== sessionToken) throw failure('wrong-token', service);
    if (found.expiresAt !== undefined && found.expiresAt <= this.#clock.now())
      throw failure('expired-token', service);
    return found;
  }
}

/** Capital letters and the digits 2 to 7, as AWS's unique ids are made. */
export function randomId(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
