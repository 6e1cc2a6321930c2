import { adviseOnRefusals } from '../facts/denial.js';
import { isDenied, sayKmsError, type KmsClients } from './kms-clients.js';
import type { KeyPlace, LastUse } from '../facts/kms-answers.js';

/**
 * Asks KMS when each key was last used, in its own Region, all at once (API reference, GetKeyLastUsage).
 * @returns one answer for each place, in their order; what KMS does not say is among them
 */
export function askLastUse(places: readonly KeyPlace[], clients: KmsClients): Promise<LastUse[]> {
  return Promise.all(
    places.map((place) =>
      askOne(place, clients).catch((thrown: unknown): LastUse => ({
        ...place,
        is: 'unknown',
        because: sayKmsError(thrown),
        ...(isDenied(thrown) ? { advice: adviseOnRefusals([thrown.refused]) } : {}),
      })),
    ),
  );
}

async function askOne({ region, keyId }: KeyPlace, clients: KmsClients): Promise<LastUse> {
  const command = new clients.kms.GetKeyLastUsageCommand({ KeyId: keyId });
  const { KeyLastUsage, TrackingStartDate, KeyCreationDate } = await clients.in(region).send(command);
  const { Timestamp, Operation = 'an operation', CloudTrailEventId } = KeyLastUsage ?? {};
  if (Timestamp !== undefined) {
    return {
      region,
      keyId,
      is: 'used',
      at: Timestamp.getTime(),
      operation: Operation,
      eventId: CloudTrailEventId,
    };
  }
  // Without the date from which on it was recorded, "no use" says nothing.
  if (TrackingStartDate === undefined) {
    return { region, keyId, is: 'unknown', because: 'KMS does not say since when it records' };
  }
  const sinceCreation = KeyCreationDate !== undefined && KeyCreationDate >= TrackingStartDate;
  return { region, keyId, is: 'unused', since: TrackingStartDate.getTime(), sinceCreation };
}
