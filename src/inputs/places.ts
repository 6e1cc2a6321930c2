/** Names of places in AWS, as inputs and settings of a backend give them. */

import { findForbidden } from '../characters.js';
import { isWellFormedRegion } from '../facts/regions.js';
import { because, Invalid, parseMatching, quote } from './parsers.js';

export const parseRegion = (text: string): string => {
  const region = text.trim();
  if (!isWellFormedRegion(region)) {
    throw new Invalid(`${quote(text)} is not a Region id${because(region, /[^a-z0-9-]/u)}`);
  }
  return region;
};

export const parseBucket = parseMatching(
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'is not the name of a bucket',
  /[^a-z0-9.-]/u,
);

/** The rules of Terraform's S3 backend for `key` (no slash at an end, none twice) and of S3 (1024 bytes of UTF-8). */
export const parseStateKey = (text: string): string => {
  const key = text.trim();
  if (/^\/|\/$|\/\//.test(key)) throw new Invalid(`${quote(text)} has a "/" with nothing before or after it`);
  const found = findForbidden(key, /[\p{Cc}\p{Cf}]/u);
  if (found !== undefined) throw new Invalid(`${quote(text)} has a character that is not allowed: ${found}`);
  if (Buffer.byteLength(key) > 1024) throw new Invalid(`${quote(text)} has ${Buffer.byteLength(key)} bytes`);
  return key;
};
