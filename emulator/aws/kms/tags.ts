import { AwsError } from '../error.js';
import { brokenText, objects, readInput, required, validationError } from './input.js';
import { findKey, REFUSED } from './lookup.js';
import { page } from './paging.js';
import * as shapes from './shapes.js';
import type { KmsWorld, Operation } from './world.js';

/** A KMS key may have fifty tags (KMS quotas). */
const MAX_TAGS = 50;

/**
 * Reads a list of tags as they are given, with KMS's limits.
 * @throws AwsError ValidationException for the lengths of the API's model, TagException for everything else
 */
export function readTags(given: readonly Readonly<Record<string, unknown>>[]): Map<string, string> {
  refuseLengths(given);
  const tags = new Map<string, string>();
  for (const tag of given) {
    const key = tag['TagKey'];
    const value = tag['TagValue'];
    if (typeof key !== 'string' || typeof value !== 'string')
      throw new AwsError('TagException', 'Every tag must have a TagKey and a TagValue.');
    checkTag(key, value);
    if (tags.has(key)) throw new AwsError('TagException', `Duplicate tag keys found: ${key}`);
    tags.set(key, value);
  }
  refuseTooMany(tags.size);
  return tags;
}

/** Every tag that is too long or too short is named at once, as with all limits of the model. */
function refuseLengths(given: readonly Readonly<Record<string, unknown>>[]): void {
  const problems = given.flatMap((tag, at) => [
    ...brokenText({ min: 1, max: 128 }, `Tags.${at + 1}.member.tagKey`, tag['TagKey']),
    ...brokenText({ max: 256 }, `Tags.${at + 1}.member.tagValue`, tag['TagValue']),
  ]);
  if (problems.length > 0) throw validationError(problems);
}

/** Letters, numbers, spaces and `_ . / = + - : @`, as the API page of the Tag type has it. */
function checkTag(key: string, value: string): void {
  if (key.toLowerCase().startsWith('aws:'))
    throw new AwsError('TagException', 'Tag keys that begin with aws: are reserved.');
  if (![key, value].every((text) => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)))
    throw new AwsError('TagException', 'A tag contains characters that are not allowed.');
}

function refuseTooMany(count: number): void {
  if (count > MAX_TAGS) throw new AwsError('TagException', `A key may have at most ${MAX_TAGS} tags.`);
}

/** The tags of a new key when the organisation's auto-tagger has seen it, which takes it no time here. */
export function autoTagged(
  tags: ReadonlyMap<string, string>,
  { settings }: Pick<KmsWorld, 'settings'>,
): Map<string, string> {
  return new Map([...tags, ...settings.autoTags]);
}

/** Tags in the form of the API. */
export function tagList(tags: ReadonlyMap<string, string>): { TagKey: string; TagValue: string }[] {
  return [...tags].map(([key, value]) => ({ TagKey: key, TagValue: value }));
}

const tagResource: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId), Tags: required(objects()) });
  const key = findKey(world, call, { keyId: input.KeyId, refuses: REFUSED.manage });
  const tags = readTags(input.Tags);
  refuseTooMany(new Set([...key.tags.keys(), ...tags.keys()]).size);
  for (const [name, value] of tags) key.tags.set(name, value);
  return {};
};

const untagResource: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId), TagKeys: required(shapes.tagKeys) });
  const key = findKey(world, call, { keyId: input.KeyId, refuses: REFUSED.manage });
  for (const name of input.TagKeys) key.tags.delete(name);
  return {};
};

const listResourceTags: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Limit: shapes.limit,
    Marker: shapes.marker,
  });
  const key = findKey(world, call, { keyId: input.KeyId });
  const tags = tagList(key.tags);
  const { items, ...rest } = page(tags, { ...input, idOf: (tag) => tag.TagKey, defaultLimit: MAX_TAGS });
  return { Tags: items, ...rest };
};

export const tagOperations: Readonly<Record<string, Operation>> = {
  TagResource: tagResource,
  UntagResource: untagResource,
  ListResourceTags: listResourceTags,
};
