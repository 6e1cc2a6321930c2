import type { KMSClient } from '@aws-sdk/client-kms';
import { messageOf } from '../errors.js';
import type { AwsSession } from './credentials.js';
import type { ProxiedHandler } from './http-handler.js';

/** The SDK's client for KMS; it is loaded by the first run that uses it. */
export type Kms = typeof import('@aws-sdk/client-kms');

/** A client of KMS for each of some Regions. */
export interface KmsClients {
  readonly kms: Kms;
  /** @throws Error for a Region that was not among those asked for */
  readonly in: (region: string) => KMSClient;
}

/** KMS's refusal of a call for want of a permission. */
export interface Denied extends Error {
  /** E.g. `kms:DescribeKey`. */
  readonly missingPermission: string;
}

export function isDenied(thrown: unknown): thrown is Denied {
  return thrown instanceof Error && typeof Reflect.get(thrown, 'missingPermission') === 'string';
}

/**
 * Works with clients for KMS in these Regions, with credentials that stay fresh. What they throw for want of a permission
 * says which: the message's own word, or else the name of the call, which is that of its permission.
 */
export async function withKms<T>(
  regions: readonly string[],
  { provider }: Pick<AwsSession, 'provider'>,
  work: (clients: KmsClients) => Promise<T>,
): Promise<T> {
  const kms = await import('@aws-sdk/client-kms');
  const { ProxiedHandler } = await import('./http-handler.js');
  const clients = new Map(
    regions.map((region) => [region, createClient(kms, region, provider, new ProxiedHandler())]),
  );
  const pick = (region: string): KMSClient => {
    const client = clients.get(region);
    if (client === undefined) throw new Error(`no client for ${region}`);
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
        throw nameMissingPermission(thrown, String(context.commandName));
      }
    },
    { step: 'initialize', name: 'nameMissingPermission' },
  );
  return client;
}

function nameMissingPermission(thrown: unknown, commandName: string): unknown {
  if (!(thrown instanceof Error) || !/^AccessDenied/.test(thrown.name)) return thrown;
  const said = /perform: ?([\w:]+)/.exec(messageOf(thrown))?.[1];
  const missingPermission = said ?? `kms:${commandName.replace(/Command$/, '')}`;
  return Object.assign(thrown, { missingPermission });
}
