import {
  CreateKeyCommand,
  KMSClient,
  ReplicateKeyCommand,
  type CreateKeyCommandInput,
} from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { expect } from 'vitest';
import type { Emulator } from '../index.js';

export interface ClientCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What every client of the SDK is given: the emulator's address, and one attempt, so that no failure is hidden. */
interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: ClientCredentials;
  readonly maxAttempts: number;
}

/** What a client needs of an emulator, in this process or another. */
export type Reachable = Pick<Emulator, 'url' | 'env'>;

export function settingsOf(
  emulator: Reachable,
  region: string,
  credentials?: ClientCredentials,
): ClientSettings {
  return {
    endpoint: emulator.url,
    region,
    credentials: credentials ?? {
      accessKeyId: emulator.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: emulator.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    maxAttempts: 1,
  };
}

export function kmsIn(emulator: Reachable, region: string, credentials?: ClientCredentials): KMSClient {
  return new KMSClient(settingsOf(emulator, region, credentials));
}

export function stsIn(emulator: Reachable, region: string, credentials?: ClientCredentials): STSClient {
  return new STSClient(settingsOf(emulator, region, credentials));
}

export function s3In(emulator: Reachable, region: string, credentials?: ClientCredentials): S3Client {
  return new S3Client({ ...settingsOf(emulator, region, credentials), forcePathStyle: true });
}

export interface CreatedKey {
  readonly id: string;
  readonly arn: string;
}

/** Creates a key, multi-Region unless told otherwise. */
export async function createKey(kms: KMSClient, options: CreateKeyCommandInput = {}): Promise<CreatedKey> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true, ...options }));
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
}

/** Creates a primary and its replicas, and lets replication end. */
export async function createFamily(
  emulator: Emulator,
  regions: readonly [primary: string, ...replicas: string[]],
  options: CreateKeyCommandInput = {},
): Promise<CreatedKey> {
  const [primary, ...replicas] = regions;
  const key = await createKey(kmsIn(emulator, primary), options);
  for (const ReplicaRegion of replicas)
    await kmsIn(emulator, primary).send(new ReplicateKeyCommand({ KeyId: key.id, ReplicaRegion }));
  emulator.clock.advance(1000);
  return key;
}

/** What an SDK threw, as the tests compare it. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** Waits for a call to fail, and says how. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  try {
    await call;
  } catch (thrown: unknown) {
    expect(thrown).toBeInstanceOf(Error);
    const { name, message, $metadata } = thrown as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('The call succeeded.');
}

/** A key policy that leaves the key to its account's root. */
export function rootPolicy(account: string, more: readonly object[] = []): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
      ...more,
    ],
  });
}
