/** The three parts of every message this action fails with; each is one or more whole sentences. */
export interface Explanation {
  /** What was wrong. */
  readonly what: string;
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
  readonly done: string;
  readonly next: string;

  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(
      [explanation.what, explanation.done, explanation.next].filter((part) => part !== '').join(' '),
      options,
    );
    this.what = explanation.what;
    this.done = explanation.done;
    this.next = explanation.next;
  }
}

/**
 * The message of any thrown value, for a log line or as the `what` of an ActionError.
 * @param thrown whatever a `catch` received
 */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
