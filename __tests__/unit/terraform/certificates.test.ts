import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { beforeEach, expect, test } from 'vitest';
import { trustExtraCertificates } from '../../../src/terraform/certificates.js';
import { tempFolder } from '../../support/temp-folder.js';

let folder: string;
let warnings: string[];
beforeEach(async () => {
  folder = tempFolder('certificates');
  warnings = [];
  await writeFile(path.join(folder, 'extra.pem'), 'EXTRA');
  await writeFile(path.join(folder, 'own.pem'), 'OWN');
});

const trust = (env: Record<string, string>, os = 'linux'): Promise<Record<string, string>> =>
  trustExtraCertificates({
    env: { NODE_EXTRA_CA_CERTS: path.join(folder, 'extra.pem'), ...env },
    platform: { os, arch: 'x64' },
    workDir: folder,
    log: { warning: (text) => warnings.push(text) },
  });

test('on Linux the extra certificates stand beside the user’s own file', async () => {
  const { SSL_CERT_FILE = '' } = await trust({ SSL_CERT_FILE: path.join(folder, 'own.pem') });
  expect(await readFile(SSL_CERT_FILE, 'utf8')).toBe('OWN\nEXTRA\n');
});

test('on Linux the extra certificates stand beside the system’s', async () => {
  const { SSL_CERT_FILE = '' } = await trust({});
  expect(await readFile(SSL_CERT_FILE, 'utf8')).toMatch(/-----END CERTIFICATE-----\n+EXTRA\n$/);
});

test.each(['darwin', 'win32'])('on %s the provider gets them beside those of Node', async (os) => {
  const { AWS_CA_BUNDLE = '', ...others } = await trust({}, os);
  expect(await readFile(AWS_CA_BUNDLE, 'utf8')).toBe(`${rootCertificates.join('\n')}\nEXTRA\n`);
  expect(others).toEqual({});
  expect(await trust({ AWS_CA_BUNDLE: '/own' }, os)).toEqual({});
});

test('without the variable nothing is set; a file that is not there is warned about', async () => {
  expect(await trust({ NODE_EXTRA_CA_CERTS: '' })).toEqual({});
  expect(await trust({ NODE_EXTRA_CA_CERTS: path.join(folder, 'none.pem') })).toEqual({});
  expect(warnings).toHaveLength(1);
});
