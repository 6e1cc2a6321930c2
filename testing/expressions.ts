/** GitHub's expressions, read and worked out by GitHub's own library. */

import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';

/** What an expression can name: `github`, `needs`, `steps`, … */
export type Contexts = Readonly<Record<string, unknown>>;

/** How what came before ended, for `success()`, `failure()`, `cancelled()` and `always()`. */
export type Outcome = 'success' | 'failure' | 'skipped';

const STATUS = /\b(success|failure|cancelled|always)\s*\(/;

/**
 * Works an expression out, without its `${{ }}`.
 * @returns plain JSON
 * @throws Error when it is no expression or names a context that is not there
 */
export function evaluate(expression: string, contexts: Contexts, outcome: Outcome = 'success'): unknown {
  return toPlain(evaluateToData(expression, contexts, outcome));
}

/** A text with every `${{ }}` in it replaced. One that is a single expression is that expression's value as text. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{([\s\S]+?)\}\}/g, (_, expression: string) =>
    evaluateToData(expression.trim(), contexts, 'success').coerceString(),
  );
}

/**
 * Whether a job or step runs: its `if`, with or without `${{ }}`. One that does not ask how things stand runs after success alone.
 * Source: GitHub Docs, "Evaluate expressions in workflows and actions", status check functions.
 */
export function isWanted(condition: string | undefined, contexts: Contexts, outcome: Outcome): boolean {
  const bare = (condition ?? 'success()').trim().replace(/^\$\{\{([\s\S]+)\}\}$/, '$1');
  const whole = STATUS.test(bare) ? bare : `success() && (${bare})`;
  const value = evaluate(whole, contexts, outcome);
  return value !== false && value !== null && value !== '' && value !== 0;
}

function evaluateToData(expression: string, contexts: Contexts, outcome: Outcome): data.ExpressionData {
  const functions = statusFunctions(outcome);
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const known = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, known, new Map(functions.map((each) => [each.name, each]))).evaluate();
}

function statusFunctions(outcome: Outcome): FunctionDefinition[] {
  const define = (name: string, value: boolean): FunctionDefinition => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  });
  return [
    define('success', outcome === 'success'),
    define('failure', outcome === 'failure'),
    define('cancelled', false),
    define('always', true),
  ];
}

function toPlain(value: data.ExpressionData): unknown {
  return JSON.parse(JSON.stringify(value, data.replacer)) as unknown;
}
