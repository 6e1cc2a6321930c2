import type { KMSClient } from '@aws-sdk/client-kms';
import { messageOf } from '../errors.js';
import type { AwsSession } from './credentials.js';
import { readDenial, type RefusedCall, sayRefusal } from '../facts/denial.js';
import type { ProxiedHandler } from './http-handler.js';

/** The SDK's client for KMS; it is loaded by the first run that uses it. */
export type Kms = typeof import('@aws-sdk/client-kms');

/** A client of KMS for each of some Regions. */
export interface KmsClients {
  readonly kms: Kms;
  /** @throws RangeError for a Region that was not among those asked for */
  readonly in: (region: string) => KMSClient;
}

/** KMS's refusal of a call that some policy does not let pass. */
export interface Denied extends Error {
  readonly refused: RefusedCall;
}

export function isDenied(thrown: unknown): thrown is Denied {
  return thrown instanceof Error && typeof Reflect.get(thrown, 'refused') === 'object';
}

/** What KMS answered in place of a result: what is refused and by whom, or the name of its error, or the message without one. */
export function sayKmsError(thrown: unknown): string {
  if (isDenied(thrown)) return sayRefusal(thrown.refused);
  const name = thrown instanceof Error ? thrown.name : '';
  return name === '' || name === 'Error' ? messageOf(thrown) : name;
}

/** As much of a session as KMS takes. */
export type KmsSession = Pick<AwsSession, 'provider'>;

/**
 * Asks KMS about each place, all at once, each by a client in its own Region; asks nothing where there is none.
 * @returns an answer for each place, in their order
 */
export async function askEach<P extends { readonly region: string }, T>(
  places: readonly P[],
  session: KmsSession,
  ask: (clients: KmsClients, place: P) => Promise<T>,
): Promise<T[]> {
  if (places.length === 0) return [];
  const regions = places.map(({ region }) => region);
  return withKms(regions, session, (clients) => Promise.all(places.map((place) => ask(clients, place))));
}

/** Regions, to be asked each. */
export function asPlaces(regions: readonly string[]): { readonly region: string }[] {
  return regions.map((region) => ({ region }));
}

/**
 * Works with clients for KMS in these Regions, with credentials that stay fresh. What they throw of a call that was refused
 * says which permission it was (the message's own word, or else the name of the call), and which policy refused it.
 */
export async function withKms<T>(
  regions: readonly string[],
  { provider }: KmsSession,
  work: (clients: KmsClients) => Promise<T>,
): Promise<T> {
  const kms = await import('@aws-sdk/client-kms');
  const { ProxiedHandler } = await import('./http-handler.js');
  const clients = new Map(
    regions.map((region) => [region, createClient(kms, region, provider, new ProxiedHandler())]),
  );
  const pick = (region: string): KMSClient => {
    const client = clients.get(region);
    if (client === undefined) throw new RangeError(`no client for ${region}`);
    return client;
  };
  try {
    return await work({ kms, in: pick });
  } finally {
    clients.forEach((client) => {
      client.destroy();
    });
  }
}

function createClient(
  kms: Kms,
  region: string,
  credentials: AwsSession['provider'],
  requestHandler: ProxiedHandler,
): KMSClient {
  const client = new kms.KMSClient({ region, credentials, requestHandler });
  client.middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (thrown) {
        throw noteRefusal(thrown, String(context.commandName), region);
      }
    },
    { step: 'initialize', name: 'noteRefusal' },
  );
  return client;
}

function noteRefusal(thrown: unknown, commandName: string, region: string): unknown {
  if (!(thrown instanceof Error) || !/^AccessDenied/.test(thrown.name)) return thrown;
  const denial = readDenial(messageOf(thrown));
  const permission = denial.permission ?? `kms:${commandName.replace(/Command$/, '')}`;
  const refused: RefusedCall = { permission, region, denial };
  return Object.assign(thrown, { refused });
}
