import { adviseOnRefusals } from '../facts/denial.js';
import { isDenied, sayKmsError, type KmsClients } from './kms-clients.js';
import type { KeyPlace, LastUse } from '../facts/kms-answers.js';

/**
 * Asks KMS when each key was last used, in its own Region, all at once (API reference, GetKeyLastUsage).
 * @returns one answer for each place, in their order; what KMS does not say is among them
 */
export function askLastUse(places: readonly KeyPlace[], clients: KmsClients): Promise<LastUse[]> {
  return Promise.all(
    places.map(({ region, keyId }) => {
      const place = { region, keyId };
      return askOne(place, clients).catch((thrown: unknown): LastUse => ({
        ...place,
        is: 'unknown',
        because: sayKmsError(thrown),
        ...(isDenied(thrown) ? { advice: adviseOnRefusals([thrown.refused]) } : {}),
      }));
    }),
  );
}

async function askOne(place: KeyPlace, clients: KmsClients): Promise<LastUse> {
  const command = new clients.kms.GetKeyLastUsageCommand({ KeyId: place.keyId });
  const { KeyLastUsage, TrackingStartDate, KeyCreationDate } = await clients.in(place.region).send(command);
  const { Timestamp, Operation: operation = 'an operation', CloudTrailEventId: eventId } = KeyLastUsage ?? {};
  if (Timestamp !== undefined) return { ...place, is: 'used', at: Timestamp.getTime(), operation, eventId };
  // Without the date from which on it was recorded, "no use" says nothing.
  if (TrackingStartDate === undefined)
    return { ...place, is: 'unknown', because: 'KMS does not say since when it records' };
  const sinceCreation = KeyCreationDate !== undefined && KeyCreationDate >= TrackingStartDate;
  return { ...place, is: 'unused', since: TrackingStartDate.getTime(), sinceCreation };
}
