import { expect } from 'vitest';
import { describeCondition } from '../../src/policy/document.js';
import { judgeControl, type Control, type ControlRequest } from '../../src/policy/lockout.js';
import { parsePolicy } from '../../src/policy/parse.js';
import { describePrincipal } from '../../src/policy/principals.js';
import { openGoldenBlocks } from './golden-blocks.js';

const ACCOUNT = '999900001111';

const arnIn = (region: string): string =>
  `arn:aws:kms:${region}:${ACCOUNT}:key/mrk-01641fdcadec421f9ed2665c7d78ef9c`;

/** Keys that exist in an account that is known, today; and new ones whose account nobody knows yet, at any time. */
const REQUESTS: Readonly<Record<string, ControlRequest>> = {
  existing: {
    account: ACCOUNT,
    partition: 'aws',
    keys: [
      { region: 'ap-southeast-1', role: 'primary', arn: arnIn('ap-southeast-1') },
      { region: 'ap-southeast-2', role: 'replica', arn: arnIn('ap-southeast-2') },
    ],
    now: Date.parse('2026-01-15T12:00:00Z'),
  },
  new: {
    account: undefined,
    partition: 'aws',
    keys: [
      { region: 'ap-southeast-1', role: 'primary', arn: undefined },
      { region: 'ap-southeast-2', role: 'replica', arn: undefined },
    ],
  },
};

/**
 * Who could change each policy again that a test file comes upon, in every detail: it has to stand in a golden file, under
 * the policy's own text. A policy that is not there is one whose account's root always can.
 * @returns takes the text of a policy; what is no policy is left out
 */
export function knownControl(): (policy: string) => void {
  const { known, keep } = openGoldenBlocks('control');
  const byPolicy = new Map((known ?? []).map(splitHead));
  return (text) => {
    const found = renderControl(text);
    const policy = statementsOf(text);
    if (found !== undefined) keep(`${policy}\n${found}`);
    if (known !== undefined) expect({ policy, found: byPolicy.get(policy) }).toEqual({ policy, found });
  };
}

function splitHead(block: string): [head: string, rest: string] {
  const [head = '', ...rest] = block.split('\n');
  return [head, rest.join('\n')];
}

function statementsOf(text: string): string {
  try {
    return JSON.stringify((JSON.parse(text) as { Statement: unknown }).Statement);
  } catch {
    return text; // What is no JSON has no verdict either.
  }
}

/** Undefined where the account's root always can, and nothing else is to be said. */
function renderControl(text: string): string | undefined {
  const reading = parsePolicy(text, { partition: 'aws', from: 'aws' });
  if ('problems' in reading) return undefined;
  const found = Object.entries(REQUESTS).map(([name, request]) => {
    const details = renderDetails(judgeControl(reading.policy, request), request);
    return details === ROOT_ALWAYS ? '' : `  ${name}: ${details}`;
  });
  return found.every((line) => line === '') ? undefined : found.filter((line) => line !== '').join('\n');
}

const ROOT_ALWAYS = 'always, root always';

function renderDetails(control: Control, { keys }: ControlRequest): string {
  const { answer, root, regions, lostFrom, hangsOn, uncounted } = control;
  return [
    `${answer}, root ${root}`,
    ...(regions.length === keys.length ? [] : [`in ${regions.join(' and ')}`]),
    ...(lostFrom === undefined ? [] : [`lost from ${lostFrom.toISOString()}`]),
    ...hangsOn.map((condition) => `hangs on ${describeCondition(condition)}`),
    ...uncounted.map((principal) => `${describePrincipal(principal)} does not count`),
  ].join('; ');
}
