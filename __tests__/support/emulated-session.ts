import { settingsOf, type ClientCredentials } from '../../emulator/__tests__/support.js';
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

/** In the place of a run's session: the emulator's credentials, which do not change. */
export function sessionOf(emulator: Emulator): { provider: () => Promise<ClientCredentials> } {
  return { provider: () => Promise.resolve(settingsOf(emulator, 'us-east-1').credentials) };
}
