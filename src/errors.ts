/** The three parts of every message this action fails with; each is one or more whole sentences. */
export interface Explanation {
  /** What was wrong. */
  readonly what: string;
  /** Where it is several things, each by itself; `what` then ends with a colon. */
  readonly each?: readonly string[] | undefined;
  /** What was, and was not, done because of it. */
  readonly done: string;
  /** What the reader can do next. */
  readonly next: string;
}

/**
 * A failure or refusal in plain words. `message` is the three parts joined, ready for one annotation.
 * Nothing secret may go into any part: the message is shown in the log, the job summary and the comment.
 */
export class ActionError extends Error implements Explanation {
  override readonly name = 'ActionError';
  readonly what: string;
  readonly each: readonly string[] | undefined;
  readonly done: string;
  readonly next: string;

  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(
      [whole(explanation), explanation.done, explanation.next].filter((part) => part !== '').join(' '),
      options,
    );
    this.each = explanation.each;
    this.what = explanation.what;
    this.done = explanation.done;
    this.next = explanation.next;
  }
}

function whole({ what, each }: Explanation): string {
  return each === undefined ? what : `${what}\n${each.map((one) => `- ${one}`).join('\n')}\n`;
}

/**
 * The message of any thrown value, for a log line or as the `what` of an ActionError.
 * @param thrown whatever a `catch` received
 */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Any thrown value in three parts: what this action has no words for is told as what it is. */
export function explanationOf(thrown: unknown): Explanation {
  if (thrown instanceof ActionError) return thrown;
  return {
    what: `Something went wrong that this action has no words for: ${messageOf(thrown).trim().replace(/\.$/, '')}.`,
    done: 'What was done until then is in the log.',
    next: 'Run the job again; if it ends so again, report it with the log.',
  };
}
