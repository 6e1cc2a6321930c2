import type { Environment } from '../runner/context.js';
import { ActionError } from '../errors.js';
import { explainConnection } from '../runner/connection.js';
import { httpStatusOf } from './answer.js';
import { urlOfService } from './endpoints.js';
import type { KmsClients } from './kms-clients.js';

/** A Region whose KMS gives this runner no answer at all. */
export interface SilentRegion {
  readonly region: string;
  /** A clause, e.g. `no answer within 8 s`. */
  readonly because: string;
  /** What to do about it, as a whole sentence, where it lies between this runner and AWS; undefined where that is not known. */
  readonly next: string | undefined;
}

export interface SilenceQuestion {
  readonly regions: readonly string[];
  /** With `alias/`: what is asked for. Whatever KMS says of it, and a refusal too, is an answer. */
  readonly alias: string;
  readonly clients: KmsClients;
  readonly env: Environment;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  /** How long each Region has to answer, the SDK's own repetitions included; 8 seconds unless told. */
  readonly limitMs?: number;
}

/** Room for two attempts: a connection is given up after 5 seconds, an answer after 6 (http-handler.ts). */
const LIMIT_MS = 8_000;

/**
 * Asks KMS one question in every Region, all at once. Terraform's provider repeats a call 25 times before it says that nobody
 * answers, which takes it many minutes: so it is found out before Terraform is started.
 * @returns the Regions without any answer, in the order given
 */
export async function findSilentRegions(question: SilenceQuestion): Promise<SilentRegion[]> {
  const regions = [...new Set(question.regions)];
  return (await Promise.all(regions.map((region) => askOne(region, question)))).flat();
}

async function askOne(
  region: string,
  { clients, alias, env, signal, limitMs = LIMIT_MS }: SilenceQuestion,
): Promise<SilentRegion[]> {
  const limit = AbortSignal.timeout(limitMs);
  const command = new clients.kms.DescribeKeyCommand({ KeyId: alias });
  try {
    await clients.in(region).send(command, { abortSignal: AbortSignal.any([signal, limit]) });
    return [];
  } catch (thrown) {
    signal.throwIfAborted();
    if (limit.aborted) {
      return [{ region, because: `no answer within ${Math.round(limitMs / 1000)} s`, next: undefined }];
    }
    // An answer, whatever it says; or no call was made at all.
    if (httpStatusOf(thrown) !== undefined || thrown instanceof ActionError) return [];
    const broken = explainConnection(thrown, urlOfService('KMS', region, env));
    if (broken === undefined) return [];
    return [{ region, because: broken.what, next: broken.kind === 'network' ? undefined : broken.next }];
  }
}
