import { onTestFinished } from 'vitest';
import { openKms, type KmsClients } from '../../src/aws/kms-clients.js';
import { settingsOf } from '../../emulator/__tests__/support.js';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator/index.js';

/** An emulator that the action's own clients find, as they do on a runner: by the environment of this process. */
export async function startForAction(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  process.env['AWS_ENDPOINT_URL'] = emulator.url;
  return emulator;
}

export async function stopForAction(emulator: Emulator): Promise<void> {
  delete process.env['AWS_ENDPOINT_URL'];
  await emulator.stop();
}

/** A run's clients, with the emulator's credentials, which do not change; they last as long as the test. */
export async function clientsOf(emulator: Emulator): Promise<KmsClients> {
  const clients = await openKms(() => Promise.resolve(settingsOf(emulator, 'us-east-1').credentials));
  onTestFinished(clients.destroy);
  return clients;
}
