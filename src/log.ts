import type { AnnotationOptions, Log } from './deps.js';

export interface LogOptions {
  /** Receives text that ends with a newline. */
  readonly write: (text: string) => void;
  /** True on a GitHub runner, where lines that begin with `::` are commands. */
  readonly commands: boolean;
  readonly colour: boolean;
  /** A word that no foreign text can guess; it switches commands on again after such text. */
  readonly newToken: () => string;
}

/** The log of a step, with the knowledge of what it was told to mask. */
export interface StepLog extends Log {
  /** Whether the runner will blank (a part of) this text because it was masked. */
  hides(text: string): boolean;
}

type Level = 'debug' | 'notice' | 'warning' | 'error';

const COLOURS: Record<Level, string> = { debug: '90', notice: '36', warning: '33', error: '31' };

/** Writes the log in the runner's own language, or as plain lines on a terminal. */
export function createLog(options: LogOptions): StepLog {
  const masked = new Set<string>();
  const { write, commands } = options;
  const hide = (text: string): string =>
    [...masked].reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  const line = (text: string): void => {
    write(`${inert(hide(text))}\n`);
  };
  const annotate = (level: Level, message: string, title?: string): void => {
    write(
      commands
        ? `${command(level, hide(message), title)}\n`
        : terminalLine(options, level, hide(message), title),
    );
  };
  const titled =
    (level: Level) =>
    (message: string, { title }: AnnotationOptions): void => {
      annotate(level, message, title);
    };
  return {
    info: line,
    debug: (text) => {
      if (commands) annotate('debug', text);
    },
    notice: titled('notice'),
    warning: titled('warning'),
    error: titled('error'),
    mask: (secret) => {
      // The runner masks line by line; a short or blank "secret" would blank half of the log.
      for (const part of secret.split(/\r?\n/).filter((text) => text.trim().length > 2)) {
        masked.add(part);
        if (commands) write(`::add-mask::${escapeData(part)}\n`);
      }
    },
    foreignGroup: (title, text) => {
      writeForeign(options, inert(hide(title)), hide(text));
    },
    hides: (text) => [...masked].some((secret) => text.includes(secret)),
  };
}

function writeForeign({ write, commands, newToken }: LogOptions, title: string, text: string): void {
  const body = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  if (!commands) {
    write(`${title}\n${body.replace(/^(?=.)/gm, '  ')}`);
    return;
  }
  const token = newToken();
  write(`::group::${escapeData(title)}\n::stop-commands::${token}\n${body}::${token}::\n::endgroup::\n`);
}

function terminalLine(
  { colour }: LogOptions,
  level: Level,
  message: string,
  title: string | undefined,
): string {
  const text = inert(title === undefined ? message : `${title}: ${message}`);
  return colour ? `\u001b[${COLOURS[level]}m${text}\u001b[0m\n` : `${text}\n`;
}

function command(level: Level, message: string, title: string | undefined): string {
  const properties = title === undefined ? '' : ` title=${escapeProperty(title)}`;
  return `::${level}${properties}::${escapeData(message)}`;
}

// The runner's own escapes (actions/runner, ActionCommand).
function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}

// \p{Cc}: what a terminal would obey rather than show; a tab is harmless.
const CONTROL_CHARACTERS = /(?!\t)\p{Cc}/gu;

/**
 * Text that the runner takes for no command: one line, without control characters. The runner reads `::` at the start
 * of a line (after white space) and `##[` anywhere in it; a zero-width space between the characters ends both.
 */
export function inert(text: string): string {
  return text
    .replace(/\r?\n|\r/g, ' ')
    .replace(CONTROL_CHARACTERS, '')
    .replace(/^(\s*):(?=:)/, '$1:\u200b')
    .replace(/##(?=\[)/g, '##\u200b');
}
