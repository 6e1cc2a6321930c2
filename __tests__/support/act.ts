import { findAct } from '../../testing/act.js';

/** The program. @throws Error that says how to get it, as nothing is to be skipped in silence */
export function requireAct(): string {
  const act = findAct(process.env);
  if (act === undefined)
    throw new Error(
      'There is no act: not on PATH, and not where the variable ACT says. Nothing was run. Get it with `go install github.com/nektos/act@v0.2.89`, or set ACT to the program.',
    );
  return act;
}
