import type { RefusedCall } from '../facts/denial.js';

/** The key in one Region as it should be. */
export interface ExpectedKey {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  readonly arn: string;
  /** With `alias/`; undefined where none is known to be there. */
  readonly alias: string | undefined;
  /** The key policy that it should have, as JSON; undefined where nobody knows it. */
  readonly policy: string | undefined;
}

export interface KeyCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was found instead, or why the check could not be made. */
  readonly detail: string | undefined;
  /** Whether the key was used for it, and not only described. */
  readonly usesKey?: boolean;
  /** The call that a policy refused, so that the check could not be made. */
  readonly refused?: RefusedCall;
}
