import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { nameOfAddress } from './addresses.js';

/** One error or warning of Terraform's. Untrusted text: to be escaped wherever it is shown. */
export interface Diagnostic {
  readonly summary: string;
  readonly detail: string;
  /** The resource it is about, where Terraform says so. */
  readonly address?: string | undefined;
}

/** `{name: {value, type, sensitive}}`, as Terraform prints outputs, to `{name: value}`. */
export const outputValues = z
  .record(z.string(), z.object({ value: z.unknown().optional() }))
  .transform((printed) =>
    Object.fromEntries(Object.entries(printed).map(([name, { value }]) => [name, value])),
  );

const hook = z.object({
  resource: z.object({ addr: z.string() }),
  action: z.string().default(''),
  elapsed_seconds: z.number().default(0),
});

function hookEvent<T extends string>(type: T) {
  return z
    .object({ type: z.literal(`apply_${type}` as const), hook })
    .transform(({ hook: { resource, action, elapsed_seconds: elapsedSeconds } }) => {
      return { type, address: resource.addr, action, elapsedSeconds };
    });
}

/** Terraform's machine-readable UI, version 1 (its documentation, "Machine-Readable UI"), as far as it matters here. */
const knownEvent = z.discriminatedUnion('type', [
  hookEvent('start'),
  hookEvent('progress'),
  hookEvent('complete'),
  hookEvent('errored'),
  z.object({
    type: z.literal('diagnostic'),
    diagnostic: z.object({
      severity: z.string(),
      summary: z.string(),
      detail: z.string().default(''),
      address: z.string().optional(),
    }),
  }),
  z.object({ type: z.literal('outputs'), outputs: outputValues }),
]);
const anyEvent = z.object({ '@message': z.string(), type: z.string() });

/** What `terraform apply -json` tells on its way; `message` is Terraform's own line for people. */
export type ApplyEvent = Readonly<{ message: string } & (z.infer<typeof knownEvent> | { type: 'other' })>;

/** One line of `apply -json`; undefined for a line that is not one of its messages. */
export function parseEvent(text: string): ApplyEvent | undefined {
  const raw = parseJsonLine(text);
  const found = anyEvent.safeParse(raw).data;
  if (found === undefined) return undefined;
  return { message: found['@message'], ...(knownEvent.safeParse(raw).data ?? { type: 'other' }) };
}

function parseJsonLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A provider's or Go's own output between the messages: shown as it is, not understood.
  }
}

const VERBS: ReadonlyMap<string, string> = new Map([
  ['create', 'creating'],
  ['update', 'updating'],
  ['delete', 'deleting'],
  ['replace', 'replacing'],
]);

/** One line for the log as a resource starts, waits or ends; undefined where there is nothing to say. */
export function describeEvent(event: ApplyEvent, primaryRegion: string): string | undefined {
  if (!('address' in event)) return undefined;
  const name = nameOfAddress(event.address, primaryRegion);
  const verb = VERBS.get(event.action) ?? event.action;
  switch (event.type) {
    case 'start':
      return `${name}: ${verb}`;
    case 'progress':
      return `${name}: still ${verb}, ${event.elapsedSeconds} s`;
    case 'complete':
      return `${name}: done ${verb}`;
    case 'errored':
      return `${name}: failed while ${verb}`;
  }
}

/** The same for a line that `terraform plan` prints on its way; undefined for all others. */
export function describePlanLine(line: string, primaryRegion: string): string | undefined {
  const found = /^(module\.\S+): Refreshing state\.\.\./.exec(line);
  return found?.[1] === undefined ? undefined : `${nameOfAddress(found[1], primaryRegion)}: looking at AWS`;
}

/**
 * The errors in what a Terraform command printed for people. Only for commands that have no machine-readable form for
 * them (init, plan with a description); meaning is then looked for by error codes, never by whole sentences.
 * @param stdout where some commands print their errors, too
 */
export function parseDiagnostics(stderr: string, stdout = ''): Diagnostic[] {
  const found = parseBlocks(`${stderr}\n${stdout}`);
  // `terraform state push` says it in one coloured line, without a heading.
  const [summary, ...rest] = stripVTControlCharacters(stderr).trim().split(/\r?\n/);
  if (found.length > 0 || summary === undefined || summary === '') return found;
  return [{ summary, detail: rest.join('\n'), address: undefined }];
}

function parseBlocks(text: string): Diagnostic[] {
  const lines = text.split(/\r?\n/).map((printed) => printed.replace(/^[╷│╵]\s?/, ''));
  const starts = lines.flatMap((printed, index) => (/^(Error|Warning): /.test(printed) ? [index] : []));
  return starts
    .map((start, nth) => lines.slice(start, starts[nth + 1] ?? lines.length))
    .filter(([first]) => first?.startsWith('Error: '))
    .map(([first = '', ...rest]) => {
      const detail = rest.join('\n').trim();
      const address = /^[^\S\n]*with (\S+),$/m.exec(detail)?.[1];
      return { summary: first.slice('Error: '.length), detail, address };
    });
}
