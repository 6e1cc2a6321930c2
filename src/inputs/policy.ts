import { formatPolicy } from '../policy/canonical.js';
import { describeProblems, parsePolicy } from '../policy/parse.js';
import { Invalid } from './parsers.js';

/** KMS's limit on a key policy, in bytes (API reference, PutKeyPolicy). */
const POLICY_LIMIT_BYTES = 32_768;

/**
 * A whole key policy: JSON in; out comes the same policy in the form in which AWS gives it back, as JSON without white
 * space: that is what is sent and counted. A policy of another form would be no difference to KMS, but one to Terraform's
 * provider, which would wait ten minutes for it to go away.
 * @param partition the key's
 * @throws Invalid with all that is wrong in it, by statement
 */
export function parsePolicyInput(text: string, partition: string): string {
  const reading = parsePolicy(text, { partition, from: 'author' });
  if ('problems' in reading) throw new Invalid(describeProblems(reading.problems));
  const formatted = formatPolicy(reading.policy);
  const bytes = new TextEncoder().encode(formatted).length;
  if (bytes > POLICY_LIMIT_BYTES)
    throw new Invalid(`it has ${bytes} bytes, ${bytes - POLICY_LIMIT_BYTES} too many`);
  return formatted;
}
