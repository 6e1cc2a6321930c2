import { currentVersion, putVersion, type ObjectVersion } from '../../emulator/aws/s3/store.js';
import type { Emulator } from '../../emulator/index.js';

interface RawInstance {
  readonly status?: string;
}

interface RawState {
  readonly serial: number;
  readonly resources: readonly {
    readonly module?: string;
    readonly type: string;
    readonly instances: readonly RawInstance[];
  }[];
}

/** An object of the emulator's state bucket. */
export function objectOf({ s3, bucket }: Emulator, key: string): ObjectVersion | undefined {
  const found = s3.find(bucket);
  return found === undefined ? undefined : currentVersion(found, key);
}

/**
 * Marks resources in the state, as Terraform does when their creation did not come to its end.
 * @param key of the state's object
 * @param module the address of their module; any by default
 */
export function markAsUnfinished(emulator: Emulator, key: string, type: string, module?: string): void {
  const [found, object] = [emulator.s3.find(emulator.bucket), objectOf(emulator, key)];
  if (found === undefined || object === undefined) throw new Error('there is no state');
  const state = JSON.parse(object.body.toString()) as RawState;
  const isMeant = (each: RawState['resources'][number]): boolean =>
    each.type === type && (module === undefined || each.module === module);
  if (!state.resources.some(isMeant)) throw new Error(`the state has no ${type}`);
  const resources = state.resources.map((each) =>
    isMeant(each)
      ? { ...each, instances: each.instances.map((instance) => ({ ...instance, status: 'tainted' })) }
      : each,
  );
  const body = Buffer.from(JSON.stringify({ ...state, serial: state.serial + 1, resources }));
  // Without the checksum of what was there before.
  putVersion(found, key, { ...object, body, etag: '"marked"', headers: {} });
}
