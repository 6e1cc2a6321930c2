/** What inputs and settings of a backend name in AWS: Regions, keys, accounts, principals, buckets. */

import { findForbidden } from '../characters.js';
import {
  isKeySpec,
  MULTI_REGION_KEY_SPECS,
  usagesFor,
  type KeySpec,
  type KeyUsage,
} from '../facts/key-specs.js';
import { isWellFormedRegion, partitionOf } from '../facts/regions.js';
import { lostZeros, whyImpossible } from '../policy/principals.js';
import { because, Invalid, parseMatching, quote } from './parsers.js';
import type { Around } from './sources.js';

export function parseRegion(text: string): string {
  const region = text.trim();
  if (isWellFormedRegion(region)) return region;
  throw new Invalid(`${quote(text)} is not a Region id${because(region, /[^a-z0-9-]/u)}`);
}

/** Without `alias/`, which both forms mean. */
export function bareAlias(text: string): string {
  return text.trim().replace(/^alias\//, '');
}

/**
 * The rules of KMS (API reference, CreateAlias) and of the provider; of the bundled module's variable; and of the names
 * of states, which the alias is a part of. `alias/` within the name would be one that was written twice.
 */
export function parseAlias(text: string): string {
  const alias = bareAlias(text);
  if (alias === '') throw new Invalid(`${quote(text)} has no name after "alias/"`);
  refuseCharacter(text, alias, /[^a-zA-Z0-9/_-]/u);
  if (/^aws\//i.test(alias)) throw new Invalid(`${quote(text)} is reserved for AWS`);
  if (/^alias\//i.test(alias))
    throw new Invalid(`${quote(text)} begins with "alias/" twice, or in upper case`);
  refuseEmptyPart(text, alias);
  if (alias.length + 'alias/'.length > 256)
    throw new Invalid(`${quote(text)} has ${alias.length + 6} characters with "alias/"`);
  return alias;
}

function refuseCharacter(text: string, value: string, forbidden: RegExp): void {
  const found = findForbidden(value, forbidden);
  if (found !== undefined) throw new Invalid(`${quote(text)} has a character that is not allowed: ${found}`);
}

function refuseEmptyPart(text: string, value: string): void {
  if (!/^\/|\/$|\/\//.test(value)) return;
  throw new Invalid(`${quote(text)} has a "/" with nothing before or after it`);
}

export function parseKeySpec(text: string): KeySpec {
  const spec = text.trim();
  if (isKeySpec(spec)) return spec;
  throw new Invalid(`${quote(text)} is none of ${MULTI_REGION_KEY_SPECS.join(', ')}`);
}

export function parseKeyUsage(text: string, { keySpec }: Pick<Around, 'keySpec'>): KeyUsage {
  const allowed = usagesFor(keySpec);
  const usage = allowed.find((candidate) => candidate === text.trim());
  if (usage !== undefined) return usage;
  throw new Invalid(`${quote(text)} does not go with ${keySpec}, which allows ${allowed.join(' or ')}`);
}

/** A key that exists, as the input names it. */
export interface ImportKey {
  /** What KMS is asked for: `mrk-…`, or an alias with `alias/`. */
  readonly name: string;
  /** Where the ARN says that it is; both undefined where the input is no ARN. */
  readonly region: string | undefined;
  readonly account: string | undefined;
}

/** Only what the text itself tells is judged here; what KMS knows of the key comes later. */
export function parseImportKey(text: string, { primaryRegion }: Pick<Around, 'primaryRegion'>): ImportKey {
  const [, partition, region, account, resource] =
    /^arn:([a-z-]+):kms:([a-z0-9-]+):(\d{12}):(.+)$/.exec(text.trim()) ?? [];
  const own = partitionOf(primaryRegion);
  if (partition !== undefined && own !== undefined && partition !== own) {
    throw new Invalid(
      `${quote(text)} is in the partition ${partition}, the Regions in ${own}, and a multi-Region key cannot leave its partition`,
    );
  }
  const name = resource?.replace(/^key\//, '') ?? text.trim();
  if (/^mrk-[0-9a-f]{32}$|^alias\/[a-zA-Z0-9/_-]{1,250}$/.test(name)) return { name, region, account };
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) {
    throw new Invalid(
      `${quote(text)} is a single-Region key, which can never become a multi-Region key: ids of those begin with "mrk-"`,
    );
  }
  throw new Invalid(`${quote(text)} is neither a key's id or ARN nor an alias with "alias/"`);
}

export function parseAccountId(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new Invalid(`${quote(text)} is not 12 digits${whyNoAccount(text)}`);
}

/** An id that YAML or JSON took for a number has lost its leading zeros, or is written with an exponent. */
function whyNoAccount(text: string): string {
  if (/^\d{1,11}$/.test(text)) return lostZeros(text);
  if (/^\d(?:\.\d+)?e\+?\d+$/i.test(text)) return ', but a number with an exponent: put it in quotes';
  return because(text, /\D/u);
}

const NOT_IN_ARNS = /[^\w+=,.@:/-]/u;

/** IAM's own rules for a principal, and of these only who lasts: no session, nobody that was deleted, not everybody. */
export function parsePrincipal(text: string, { partition }: Pick<Around, 'partition'>): string {
  if (!/^arn:[^:]*:(iam|sts):/.test(text))
    throw new Invalid(
      `${quote(text)} is not the ARN of an IAM user, role or account root${because(text, NOT_IN_ARNS)}`,
    );
  if (/^arn:[^:]*:sts:/.test(text)) throw new Invalid(`${quote(text)} is a session: name its role`);
  const why = whyImpossible({ type: 'AWS', value: text }, partition);
  if (why !== undefined) throw new Invalid(`it names ${quote(text)}, ${why}`);
  return text;
}

export function parseRoleArn(text: string, { partition }: Pick<Around, 'partition'>): string {
  const arn = text.trim();
  const found = /^arn:([a-z-]+):iam::\d{12}:role\/[\w+=,.@/-]+$/.exec(arn);
  if (found === null) {
    const why = whyNoAccountInArn(arn) || because(arn, NOT_IN_ARNS);
    throw new Invalid(`${quote(text)} is not the ARN of an IAM role${why}`);
  }
  if (found[1] !== partition)
    throw new Invalid(`${quote(text)} is in the partition ${found[1] ?? ''}, the Regions in ${partition}`);
  return arn;
}

function whyNoAccountInArn(arn: string): string {
  const account = /^arn:[a-z-]+:iam::(\d{0,11}):/.exec(arn)?.[1];
  if (account === undefined) return '';
  return account === ''
    ? ': there is no account id in it'
    : `: its account id ${quote(account)} is not 12 digits${whyNoAccount(account)}`;
}

/** China's STS has a name of its own; everywhere else the one that GitHub's and AWS's documents use is right. */
export function defaultAudience({ partition }: Pick<Around, 'partition'>): string {
  return partition === 'aws-cn' ? 'sts.amazonaws.com.cn' : 'sts.amazonaws.com';
}

export const parseBucket = parseMatching(
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'is not the name of a bucket',
  /[^a-z0-9.-]/u,
);

/** The rules of Terraform's S3 backend for `key` (no slash at an end, none twice) and of S3 (1024 bytes of UTF-8). */
export function parseStateKey(text: string): string {
  const key = text.trim();
  refuseEmptyPart(text, key);
  refuseCharacter(text, key, /[\p{Cc}\p{Cf}]/u);
  if (Buffer.byteLength(key) > 1024) throw new Invalid(`${quote(text)} has ${Buffer.byteLength(key)} bytes`);
  return key;
}
