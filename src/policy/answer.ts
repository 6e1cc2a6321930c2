/**
 * What can be said of a question when not all of a request is known: it holds whatever the rest is, it depends on the
 * rest, or it never holds.
 */
export type Answer = 'always' | 'maybe' | 'never';

export function answerOf(holds: boolean): Answer {
  return holds ? 'always' : 'never';
}

/** Both hold. */
export function all(answers: readonly Answer[]): Answer {
  if (answers.includes('never')) return 'never';
  return answers.includes('maybe') ? 'maybe' : 'always';
}

/** At least one holds. */
export function any(answers: readonly Answer[]): Answer {
  if (answers.includes('always')) return 'always';
  return answers.includes('maybe') ? 'maybe' : 'never';
}

export function not(answer: Answer): Answer {
  if (answer === 'maybe') return 'maybe';
  return answer === 'always' ? 'never' : 'always';
}
