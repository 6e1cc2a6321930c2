import { findForbidden } from '../characters.js';
import { Invalid, quote } from './parsers.js';

/** Without `alias/`, which both forms mean. */
export function bareAlias(text: string): string {
  return text.trim().replace(/^alias\//, '');
}

/**
 * The rules of KMS (API reference, CreateAlias) and of the provider; of the bundled module's variable; and of the names
 * of states, which the alias is a part of. `alias/` within the name would be one that was written twice.
 */
export const parseAlias = (text: string): string => {
  const alias = bareAlias(text);
  const found = findForbidden(alias, /[^a-zA-Z0-9/_-]/u);
  if (alias === '') throw new Invalid(`${quote(text)} has no name after "alias/"`);
  if (found !== undefined) throw new Invalid(`${quote(text)} has a character that is not allowed: ${found}`);
  if (/^aws\//i.test(alias)) throw new Invalid(`${quote(text)} is reserved for AWS`);
  if (/^alias\//i.test(alias))
    throw new Invalid(`${quote(text)} begins with "alias/" twice, or in upper case`);
  if (/^\/|\/$|\/\//.test(alias)) {
    throw new Invalid(`${quote(text)} has a "/" with nothing before or after it`);
  }
  if (alias.length + 'alias/'.length > 256)
    throw new Invalid(`${quote(text)} has ${alias.length + 6} characters with "alias/"`);
  return alias;
};
