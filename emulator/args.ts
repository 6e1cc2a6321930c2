import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface EmulatorArguments {
  readonly port: number;
  readonly faults: string | undefined;
  readonly log: string | undefined;
  readonly enforceKeyPolicies: boolean;
  /** The name of the bucket that exists; the emulator's own when left out. */
  readonly bucket: string | undefined;
}

export const USAGE =
  'Options: [--port N] [--faults FILE] [--log FILE] [--bucket NAME] [--enforce-key-policies]';

/**
 * Reads the command line.
 * @param args without the program's own name
 * @throws Error in plain words when it can't be understood
 */
export function readArguments(args: readonly string[]): EmulatorArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      faults: { type: 'string' },
      log: { type: 'string' },
      bucket: { type: 'string' },
      'enforce-key-policies': { type: 'boolean', default: false },
    },
    strict: true,
    allowPositionals: false,
  });
  const port = values.port ?? '0';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new Error(`--port takes a number from 0 (any free port) to 65535, not "${port}".`);
  const { bucket } = values;
  if (bucket !== undefined && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new Error(`--bucket takes a bucket's name, such as acme-terraform-state, not "${bucket}".`);
  return {
    bucket,
    port: Number(port),
    faults: values.faults,
    log: values.log,
    enforceKeyPolicies: values['enforce-key-policies'],
  };
}
