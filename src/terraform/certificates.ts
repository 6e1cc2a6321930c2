import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import type { Deps, Log } from '../deps.js';
import { messageOf } from '../errors.js';

export interface CertificateRequest extends Pick<Deps, 'env' | 'platform'> {
  /** Gets the file with the certificates. */
  readonly workDir: string;
  readonly log: Pick<Log, 'warning'>;
}

/** Where Go looks for the certificates of a Linux system, in this order (crypto/x509, root_linux.go). */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Has Terraform and its providers trust the certificates of NODE_EXTRA_CA_CERTS, as this process does: a Go program knows
 * nothing of that variable. On Linux, SSL_CERT_FILE replaces the system's file, so the certificates of that file (or of the
 * user's own SSL_CERT_FILE) are written beside the extra ones. On macOS and Windows, Go asks the system alone; there the
 * provider and the S3 backend get them by AWS_CA_BUNDLE, unless the user has set it.
 *
 * @returns variables for Terraform's environment; none without NODE_EXTRA_CA_CERTS
 */
export async function trustExtraCertificates(request: CertificateRequest): Promise<Record<string, string>> {
  const { env, platform, workDir, log } = request;
  const extraFile = env['NODE_EXTRA_CA_CERTS'] ?? '';
  if (extraFile === '') return {};
  const onLinux = platform.os === 'linux';
  if (!onLinux && (env['AWS_CA_BUNDLE'] ?? '') !== '') return {};
  let extra: string;
  try {
    extra = await readFile(extraFile, 'utf8');
  } catch (error) {
    log.warning(
      `The file that NODE_EXTRA_CA_CERTS names cannot be read (${messageOf(error)}), so none of its certificates is trusted.`,
      { title: 'NODE_EXTRA_CA_CERTS' },
    );
    return {};
  }
  const trusted = onLinux ? await readSystemCertificates(env) : rootCertificates.join('\n');
  const file = path.join(workDir, 'trusted-certificates.pem');
  await writeFile(file, `${trusted.trimEnd()}\n${extra.trimEnd()}\n`);
  return { [onLinux ? 'SSL_CERT_FILE' : 'AWS_CA_BUNDLE']: file };
}

async function readSystemCertificates(env: CertificateRequest['env']): Promise<string> {
  const own = env['SSL_CERT_FILE'] ?? '';
  for (const file of own === '' ? SYSTEM_FILES : [own]) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return rootCertificates.join('\n');
}
