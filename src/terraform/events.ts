import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

/** One error or warning of Terraform's. Untrusted text: to be escaped wherever it is shown. */
export interface Diagnostic {
  readonly summary: string;
  readonly detail: string;
  /** The resource it is about, where Terraform says so. */
  readonly address: string | undefined;
}

/** What `terraform apply -json` tells on its way; `message` is Terraform's own line for people. */
export type ApplyEvent = { readonly message: string } & (
  | { readonly type: 'start' | 'complete' | 'errored'; readonly address: string; readonly action: string }
  | {
      readonly type: 'progress';
      readonly address: string;
      readonly action: string;
      readonly elapsedSeconds: number;
    }
  | { readonly type: 'diagnostic'; readonly severity: string; readonly diagnostic: Diagnostic }
  | { readonly type: 'outputs'; readonly outputs: Readonly<Record<string, unknown>> }
  | { readonly type: 'other' }
);

// Terraform's machine-readable UI, version 1 (its documentation, "Machine-Readable UI").
const line = z.object({ '@message': z.string(), type: z.string() });
const hook = z.object({
  hook: z.object({
    resource: z.object({ addr: z.string() }),
    action: z.string().default(''),
    elapsed_seconds: z.number().default(0),
  }),
});
const diagnostic = z.object({
  diagnostic: z.object({
    severity: z.string(),
    summary: z.string(),
    detail: z.string().default(''),
    address: z.string().optional(),
  }),
});
const outputs = z.object({ outputs: z.record(z.string(), z.object({ value: z.unknown() })) });

/** One line of `apply -json`; undefined for a line that is not one of its messages. */
export function parseEvent(text: string): ApplyEvent | undefined {
  const raw = parseJsonLine(text);
  const head = line.safeParse(raw);
  if (!head.success) return undefined;
  const message = head.data['@message'];
  switch (head.data.type) {
    case 'apply_start':
    case 'apply_complete':
    case 'apply_errored':
    case 'apply_progress':
      return hookEvent(head.data.type, message, raw);
    case 'diagnostic':
      return diagnosticEvent(message, raw);
    case 'outputs': {
      const found = outputs.safeParse(raw);
      const values = found.success
        ? Object.entries(found.data.outputs).map(([name, { value }]) => [name, value] as const)
        : [];
      return { type: 'outputs', message, outputs: Object.fromEntries(values) };
    }
    default:
      return { type: 'other', message };
  }
}

function parseJsonLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A provider's or Go's own output between the messages: shown as it is, not understood.
  }
}

function hookEvent(type: string, message: string, raw: unknown): ApplyEvent {
  const found = hook.safeParse(raw);
  if (!found.success) return { type: 'other', message };
  const { resource, action, elapsed_seconds: elapsedSeconds } = found.data.hook;
  const common = { message, address: resource.addr, action };
  if (type === 'apply_progress') return { type: 'progress', ...common, elapsedSeconds };
  if (type === 'apply_start') return { type: 'start', ...common };
  return { type: type === 'apply_complete' ? 'complete' : 'errored', ...common };
}

function diagnosticEvent(message: string, raw: unknown): ApplyEvent {
  const found = diagnostic.safeParse(raw);
  if (!found.success) return { type: 'other', message };
  const { severity, summary, detail, address } = found.data.diagnostic;
  return { type: 'diagnostic', message, severity, diagnostic: { summary, detail, address } };
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
