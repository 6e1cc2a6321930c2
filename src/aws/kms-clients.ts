import type { KMSClient } from '@aws-sdk/client-kms';
import { messageOf } from '../errors.js';
import type { AwsSession } from './credentials.js';
import { readDenial, type RefusedCall, sayRefusal } from '../facts/denial.js';
import type { ProxiedHandler } from './http-handler.js';

/** The SDK's client for KMS; it is loaded by the first run that uses it. */
export type Kms = typeof import('@aws-sdk/client-kms');

/** KMS's client in each Region: one set for a run, each made when it is first asked for, with credentials that stay fresh. */
export interface KmsClients {
  readonly kms: Kms;
  readonly in: (region: string) => KMSClient;
  /** Closes their connections. */
  readonly destroy: () => void;
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

/**
 * What their clients throw of a call that was refused says which permission it was (the message's own word, or else the
 * name of the call), and which policy refused it.
 */
export async function openKms(provider: AwsSession['provider']): Promise<KmsClients> {
  const kms = await import('@aws-sdk/client-kms');
  const { ProxiedHandler } = await import('./http-handler.js');
  const requestHandler = new ProxiedHandler();
  const clients = new Map<string, KMSClient>();
  return {
    kms,
    in: (region) => {
      const client =
        clients.get(region) ?? createClient(kms, { region, credentials: provider, requestHandler });
      clients.set(region, client);
      return client;
    },
    destroy: () => {
      requestHandler.destroy();
    },
  };
}

function createClient(
  kms: Kms,
  config: {
    readonly region: string;
    readonly credentials: AwsSession['provider'];
    readonly requestHandler: ProxiedHandler;
  },
): KMSClient {
  const client = new kms.KMSClient(config);
  client.middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (thrown) {
        throw noteRefusal(thrown, String(context.commandName), config.region);
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
