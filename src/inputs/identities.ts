/** Who is named by an input: accounts, principals and the role of the run. */

import { lostZeros, whyImpossible } from '../policy/principals.js';
import { because, Invalid, quote } from './parsers.js';

export const parseAccountId = (text: string): string => {
  if (/^\d{12}$/.test(text)) return text;
  throw new Invalid(`${quote(text)} is not 12 digits${whyNoAccount(text)}`);
};

/** An id that YAML or JSON took for a number has lost its leading zeros, or is written with an exponent. */
function whyNoAccount(text: string): string {
  if (/^\d{1,11}$/.test(text)) return lostZeros(text);
  if (/^\d(?:\.\d+)?e\+?\d+$/i.test(text)) return ', but a number with an exponent: put it in quotes';
  return because(text, /\D/u);
}

/** The same where an id stands in an ARN. */
function whyNoAccountInArn(arn: string): string {
  const account = /^arn:[a-z-]+:iam::(\d{0,11}):/.exec(arn)?.[1];
  if (account === undefined) return '';
  return account === ''
    ? ': there is no account id in it'
    : `: its account id ${quote(account)} is not 12 digits${whyNoAccount(account)}`;
}

const NOT_IN_ARNS = /[^\w+=,.@:/-]/u;

/** IAM's own rules for a principal, and of these only who lasts: no session, nobody that was deleted, not everybody. */
export function parsePrincipal(partition: string): (text: string) => string {
  return (text) => {
    if (!/^arn:[^:]*:(iam|sts):/.test(text))
      throw new Invalid(
        `${quote(text)} is not the ARN of an IAM user, role or account root${because(text, NOT_IN_ARNS)}`,
      );
    if (/^arn:[^:]*:sts:/.test(text)) throw new Invalid(`${quote(text)} is a session: name its role`);
    const why = whyImpossible({ type: 'AWS', value: text }, partition);
    if (why !== undefined) throw new Invalid(`it names ${quote(text)}, ${why}`);
    return text;
  };
}

export function parseRoleArn(partition: string): (text: string) => string {
  return (text) => {
    const found = /^arn:([a-z-]+):iam::\d{12}:role\/[\w+=,.@/-]+$/.exec(text.trim());
    if (found === null) {
      const why = whyNoAccountInArn(text.trim()) || because(text.trim(), NOT_IN_ARNS);
      throw new Invalid(`${quote(text)} is not the ARN of an IAM role${why}`);
    }
    if (found[1] !== partition) {
      throw new Invalid(`${quote(text)} is in the partition ${found[1] ?? ''}, the Regions in ${partition}`);
    }
    return text.trim();
  };
}

/** China's STS has a name of its own; everywhere else the one that GitHub's and AWS's documents use is right. */
export function defaultAudience(partition: string): string {
  return partition === 'aws-cn' ? 'sts.amazonaws.com.cn' : 'sts.amazonaws.com';
}
