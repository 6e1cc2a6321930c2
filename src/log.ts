import type { AnnotationOptions, Log } from './deps.js';
import { createRedactor, type Redactor } from './runner/redaction.js';

export interface LogOptions {
  /** Receives text that ends with a newline. */
  readonly write: (text: string) => void;
  /** True on a GitHub runner, where lines that begin with `::` are commands. */
  readonly commands: boolean;
  readonly colour: boolean;
  /** A word that no foreign text can guess; it switches commands on again after such text. */
  readonly newToken: () => string;
}

/** The log of a step, with the knowledge of what it was told to mask: for what leaves by another way, too. */
export type StepLog = Log & Omit<Redactor, 'add'>;

type Level = 'debug' | 'notice' | 'warning' | 'error';

const COLOURS: Record<Level, string> = { debug: '90', notice: '36', warning: '33', error: '31' };

/** Writes the log in the runner's own language, or as plain lines on a terminal. */
export function createLog(options: LogOptions): StepLog {
  const { add, ...redactor } = createRedactor();
  const { write, commands } = options;
  // Once more when what no terminal shows is gone: it may have stood in the middle of a secret.
  const show = (text: string): string => redactor.redact(inert(redactor.redact(text)));
  const line = (text: string): void => {
    write(`${show(text)}\n`);
  };
  const annotate = (level: Level, message: string, title?: string): void => {
    const [said, head] = [redactor.redact(message), title && redactor.redact(title)];
    write(commands ? `${command(level, said, head)}\n` : terminalLine(options, level, said, head));
  };
  const titled =
    (level: Level) =>
    (message: string, { title }: AnnotationOptions): void => {
      annotate(level, message, title);
    };
  return {
    ...redactor,
    info: line,
    debug: (text) => {
      if (commands) annotate('debug', text);
    },
    notice: titled('notice'),
    warning: titled('warning'),
    error: titled('error'),
    mask: (secret) => {
      const lines = add(secret);
      if (commands) for (const masked of lines) write(`::add-mask::${escapeData(masked)}\n`);
    },
    foreignGroup: (title, text) => {
      writeForeign(options, show(title), redactor.redact(text));
    },
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
