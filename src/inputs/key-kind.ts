import {
  isKeySpec,
  MULTI_REGION_KEY_SPECS,
  usagesFor,
  type KeySpec,
  type KeyUsage,
} from '../facts/key-specs.js';
import { Invalid, quote } from './parsers.js';

export function parseKeySpec(text: string): KeySpec {
  const spec = text.trim();
  if (!isKeySpec(spec)) throw new Invalid(`${quote(text)} is none of ${MULTI_REGION_KEY_SPECS.join(', ')}`);
  return spec;
}

export function parseKeyUsage(text: string, keySpec: KeySpec): KeyUsage {
  const allowed = usagesFor(keySpec);
  const usage = allowed.find((candidate) => candidate === text.trim());
  if (usage === undefined)
    throw new Invalid(`${quote(text)} does not go with ${keySpec}, which allows ${allowed.join(' or ')}`);
  return usage;
}
