import type * as core from '@actions/core';
import { makeVisible } from '../characters.js';
import type { AnnotationOptions, StepLog } from '../deps.js';
import { createRedactor } from './redaction.js';

export interface LogOptions {
  /** Receives text that ends with a newline. */
  readonly write: (text: string) => void;
  /** GitHub's toolkit, on a runner: it prints lines that begin with `::`. Undefined where nobody obeys them. */
  readonly toolkit: Toolkit | undefined;
  readonly colour: boolean;
  /** A word that no untrusted text can guess; it switches commands on again after such text. */
  readonly newToken: () => string;
}

/** The part of GitHub's toolkit that annotates, masks and groups; it writes to stdout by itself. */
type Toolkit = Pick<
  typeof core,
  'debug' | 'notice' | 'warning' | 'error' | 'setSecret' | 'startGroup' | 'endGroup'
>;

type Level = 'notice' | 'warning' | 'error';

const COLOURS: Record<Level, string> = { notice: '36', warning: '33', error: '31' };

/** Writes the log in the runner's own language, or as plain lines on a terminal. */
export function createLog(options: LogOptions): StepLog {
  const { add, ...redactor } = createRedactor();
  const { write, toolkit } = options;
  // Once more when what no terminal shows is gone: it may have stood in the middle of a secret.
  const show = (text: string): string => redactor.redact(escapeCommands(redactor.redact(text)));
  const annotate =
    (level: Level) =>
    (message: string, annotation: AnnotationOptions): void => {
      const clean = (text: string): string => redactor.redact(tame(redactor.redact(text)));
      const [said, title] = [clean(message), clean(annotation.title)];
      const line = escapeCommands(`${title}: ${said}`);
      if (toolkit !== undefined) toolkit[level](said, { title });
      else write(options.colour ? `\u001b[${COLOURS[level]}m${line}\u001b[0m\n` : `${line}\n`);
    };
  return {
    ...redactor,
    info: (text) => {
      write(`${show(text)}\n`);
    },
    debug: (text) => {
      toolkit?.debug(redactor.redact(text));
    },
    notice: annotate('notice'),
    warning: annotate('warning'),
    error: annotate('error'),
    mask: (secret) => {
      for (const masked of add(secret)) toolkit?.setSecret(masked);
    },
    untrustedGroup: (title, text) => {
      writeForeign(options, show(title), redactor.redact(text));
    },
  };
}

/** The same log, with the key's name before the title of each annotation: a job may have several keys. */
export function naming(log: StepLog, alias: string): StepLog {
  const named =
    (level: Level) =>
    (message: string, { title }: AnnotationOptions): void => {
      log[level](message, { title: `alias/${alias}: ${title}` });
    };
  return { ...log, notice: named('notice'), warning: named('warning'), error: named('error') };
}

function writeForeign({ write, toolkit, newToken }: LogOptions, title: string, text: string): void {
  const body = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  if (toolkit === undefined) {
    write(`${title}\n${body.replace(/^(?=.)/gm, '  ')}`);
    return;
  }
  const token = newToken();
  toolkit.startGroup(title);
  // The toolkit has no word for these two.
  write(`::stop-commands::${token}\n${body}::${token}::\n`);
  toolkit.endGroup();
}

/**
 * A way to write that leaves out the runner's commands, for where no runner takes them off the screen: the toolkit prints
 * the OIDC token and proxies' passwords in them, so that they are masked. It writes each command by itself.
 */
export function withoutCommands<W extends (text: string, ...rest: never[]) => boolean>(write: W): W {
  const filtered = (text: string, ...rest: never[]): boolean =>
    /^::[a-z-]+[ :]/.test(text) || write(text, ...rest);
  return filtered as W;
}

/** \p{Cc}: what a terminal would obey rather than show; tabs and line ends are harmless. */
const CONTROL_CHARACTERS = /(?![\t\n])\p{Cc}/gu;

/** What moves the characters around it about, so that a line reads as another one than it is. */
const MOVING = /[\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** Text in which every character is seen where it stands. */
function tame(text: string): string {
  return text.replace(CONTROL_CHARACTERS, '').replace(MOVING, makeVisible);
}

/**
 * Text that the runner takes for no command: one line, without control characters. The runner reads `::` at the start
 * of a line (after white space) and `##[` anywhere in it; a zero-width space between the characters ends both.
 */
export function escapeCommands(text: string): string {
  return tame(text.replace(/\r?\n|\r/g, ' '))
    .replace(/^(\s*):(?=:)/, '$1:\u200b')
    .replace(/##(?=\[)/g, '##\u200b');
}
