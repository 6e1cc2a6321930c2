import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  /** PEM, its own issuer: it is both the CA to trust and the server's certificate. */
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes a certificate for https on this machine (`localhost` and 127.0.0.1), good for a day. Node itself can't.
 * @param names further hosts, e.g. `*.example.test`
 */
export function makeCertificate(names: readonly string[] = [], now = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const name = sequence(set(sequence(COMMON_NAME, der(0x0c, Buffer.from('localhost')))));
  const day = 24 * 60 * 60_000;
  const toBeSigned = sequence(
    der(0xa0, integer(2)), // version 3
    integer(1), // serial number
    algorithm,
    name,
    sequence(utcTime(now - day), utcTime(now + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        extension(BASIC_CONSTRAINTS, sequence(TRUE)),
        extension(ALTERNATIVE_NAMES, alternativeNames(names)),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const whole = sequence(toBeSigned, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    cert: pem(whole),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Distinguished Encoding Rules (X.690): a tag, the length, the content. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function sequence(...content: Buffer[]): Buffer {
  return der(0x30, ...content);
}

function set(...content: Buffer[]): Buffer {
  return der(0x31, ...content);
}

/** Up to 127, which is one byte. */
function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function utcTime(time: number): Buffer {
  const text = new Date(time).toISOString().replace(/^..|[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, der(0x04, value));
}

function objectId(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

const ECDSA_WITH_SHA256 = objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);
const COMMON_NAME = objectId(0x55, 0x04, 0x03);
const BASIC_CONSTRAINTS = objectId(0x55, 0x1d, 0x13);
const ALTERNATIVE_NAMES = objectId(0x55, 0x1d, 0x11);
const TRUE = der(0x01, Buffer.from([0xff]));

function alternativeNames(names: readonly string[]): Buffer {
  const hosts = ['localhost', ...names].map((name) => der(0x82, Buffer.from(name)));
  return sequence(...hosts, der(0x87, Buffer.from([127, 0, 0, 1])));
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
