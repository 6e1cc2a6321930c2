import { findForbidden } from '../characters.js';
import { readJson } from '../policy/json.js';
import { Invalid, parseAssignments, quote, type Parser } from './parsers.js';

/** The API reference's pattern of tags, turned round; a character that is not seen is no letter. */
const NO_TAG_TEXT = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/u;

/** Tags as lines or as a JSON object, within the limits of KMS (API reference, Tag; 50 tags a key). */
export const parseTags: Parser<Record<string, string>> = (text) => {
  if (text.trim().startsWith('[')) throw new Invalid('it is a JSON list, not a JSON object');
  const tags = text.trim().startsWith('{') ? parseJsonTags(text) : parseAssignments(text);
  const entries = Object.entries(tags);
  if (entries.length > 50) throw new Invalid(`there are ${entries.length} tags`);
  for (const [key, value] of entries) checkTag(key, value);
  return tags;
};

function parseJsonTags(text: string): Record<string, string> {
  const reading = readJson(text);
  if ('problem' in reading) throw new Invalid(reading.problem);
  if (reading.json.is !== 'object') throw new Invalid('it is not a JSON object');
  const tags = [...reading.json.members].map(([key, value]): [string, string] => {
    if (value.is !== 'text') throw new Invalid(`the value of ${quote(key)} is not a string`);
    return [key, value.text];
  });
  return Object.fromEntries(tags);
}

function checkTag(key: string, value: string): void {
  if (key === '' || key.length > 128) throw new Invalid(`the key ${quote(key)} has ${key.length} characters`);
  if (value.length > 256) throw new Invalid(`the value of ${quote(key)} has ${value.length} characters`);
  if (/^aws:/i.test(key)) throw new Invalid(`the key ${quote(key)} begins with "aws:"`);
  const [inKey, inValue] = [findForbidden(key, NO_TAG_TEXT), findForbidden(value, NO_TAG_TEXT)];
  if (inKey !== undefined)
    throw new Invalid(`the key ${quote(key)} has a character that AWS does not allow: ${inKey}`);
  if (inValue !== undefined) {
    throw new Invalid(
      `the value of ${quote(key)} has a character that AWS does not allow: ${inValue}, in ${quote(value)}`,
    );
  }
}
