/** Where a run is told, of a run whose inputs are wrong: read leniently, since nothing else is done with it. */

import { ofAddress, looksRandom, secretsOf } from './backend-secrets.js';
import { parseBackendConfig } from './backend-config.js';
import { bareAlias } from './alias.js';
import type { Inputs } from './inputs.js';
import { environmentName, InputReader } from './reader.js';
import { INPUTS } from './table.js';
import { isTrivial } from '../runner/redaction.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The inputs that say how and where a run is told. */
export type ToldInputs = Pick<
  Inputs,
  'command' | 'alias' | 'comment' | 'commentKey' | 'githubToken' | 'destroys' | 'ignoreTags' | 'ofFile'
>;

/**
 * What can be known of the place where a run is told. A wrong value counts as its default; the comment of a wrong alias is
 * found by what is right in it, so that the run with the right one writes over it.
 */
export function readTold(env: Environment): ToldInputs {
  const reader = new InputReader(env);
  const command = reader.value('command', INPUTS.command.parse, 'plan');
  const alias = bareAlias(reader.text('alias'));
  return {
    command,
    alias: alias === '' ? 'unknown' : alias.slice(0, 250),
    comment: reader.value('comment', INPUTS.comment.parse, 'always'),
    commentKey: reader.value('comment-key', INPUTS['comment-key'].parse, nameOf(alias)),
    githubToken: reader.optional('github-token', INPUTS['github-token'].parse),
    destroys: command === 'destroy' || reader.value('plan-destroy', INPUTS['plan-destroy'].parse, false),
    ignoreTags: [],
    ofFile: undefined,
  };
}

function nameOf(alias: string): string {
  const name = alias
    .replace(/[^\w/-]+/g, '')
    .replace(/^(?:alias\/)+/i, '')
    .replace(/\/{2,}/g, '/')
    .replace(/^\/|\/$/g, '');
  return name.slice(0, 250) || 'unknown';
}

/** Whose values are names that everybody sees. */
const NAMES = ['alias', 'comment-key', 'confirm-destroy', 'key', 'rename-alias-from'].map(environmentName);

/**
 * What is, or may be, secret in inputs that were refused: the messages repeat values, and a comment is not masked by the
 * runner as a log is.
 */
export function secretsOfInputs(env: Environment): string[] {
  const texts = Object.entries(env).flatMap(([name, value = '']) =>
    name.startsWith('INPUT_') && !NAMES.includes(name) ? [value.trim()] : [],
  );
  return [
    ...secretsOfSettings(env),
    ...texts.flatMap(ofAddress),
    ...texts.filter((text) => /^[\w+/=.-]{20,}$/.test(text) && looksRandom(text)),
  ].filter((secret) => !isTrivial(secret));
}

/** Line by line, as one that is wrong makes the whole unreadable. */
function secretsOfSettings(env: Environment): string[] {
  const { [environmentName('backend')]: type = '', [environmentName('backend-config')]: text = '' } = env;
  return text.split(/\r?\n/).flatMap((line) => {
    try {
      return secretsOf(type.trim() || 's3', parseBackendConfig(line)).map(({ secret }) => secret);
    } catch {
      // No setting whose name is a secret one: of those, every value can be read.
      return ofAddress(line.slice(line.indexOf('=') + 1).trim());
    }
  });
}
