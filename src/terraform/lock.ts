/** The lock of a state in words: who holds it, why it was not freed, and the command that frees it. Pure: Terraform's text in. */

import { adviseOnDenial, isMissing, readDenial, whoDenies } from '../facts/denial.js';
import { escapeCommands } from '../runner/log.js';

/** From Terraform's record of a lock, e.g. `runner@host, apply, since 2026-11-24 01:02:03 UTC, lock id 7c1`. */
export function lockHolder(text: string): string {
  const record = (name: string, value: string): string | undefined =>
    new RegExp(`^[^\\S\\n]*${name}:[^\\S\\n]+(${value})`, 'm').exec(text)?.[1];
  const operation = record('Operation', 'OperationType\\w+')?.slice('OperationType'.length).toLowerCase();
  const since = record('Created', '[\\d-]+ [\\d:]+');
  return [
    record('Who', '\\S{1,100}') ?? 'who is not known',
    ...(operation === undefined ? [] : [operation]),
    ...(since === undefined ? [] : [`since ${since} UTC`]),
    `lock id ${lockId(text) ?? 'unknown'}`,
  ].join(', ');
}

/** The same in brackets, where there is a record. */
export function lockRecord(text: string): string {
  return /\bLock Info:\s+ID:/.test(text) ? ` (${lockHolder(text)})` : '';
}

function lockId(text: string): string | undefined {
  return /^[^\S\n]*ID:[^\S\n]+([\w-]{1,100})/m.exec(text)?.[1];
}

export function howToUnlock(text: string): string {
  return `Wait until that run has ended, and run this job again. If it was killed and will not come back, free the lock: ${howToFree(text)}`;
}

/** The command for the store that the text speaks of; `terraform force-unlock` where it does not. */
export function howToFree(text: string): string {
  const id = lockId(text);
  const inFolder = `\`terraform force-unlock ${id ?? 'LOCK-ID'}\` in a folder with the same backend${id === undefined ? ' (`terraform plan` there says the id)' : ''}.`;
  const command = commandToFree(text);
  return command === undefined ? inFolder : `\`${command}\`, or ${inFolder}`;
}

function commandToFree(text: string): string | undefined {
  const path = /^[^\S\n]*Path:[^\S\n]+([\w./-]{1,1100})$/m.exec(text)?.[1];
  if (/\bDynamoDB\b/.test(text)) {
    const item = JSON.stringify({ LockID: { S: path ?? 'BUCKET/KEY' } });
    return `aws dynamodb delete-item --table-name TABLE --key '${item}'`;
  }
  const onGoogle =
    /\bgs:\/\/[\w./-]{1,1100}\.tflock\b/.exec(text)?.[0] ??
    /^[^\S\n]*Path:[^\S\n]+(gs:\/\/[\w./-]{1,1100})$/m.exec(text)?.[1];
  if (onGoogle !== undefined) return `gcloud storage rm ${onGoogle}`;
  const inS3 = placeInS3(text, path);
  return inS3 === undefined ? undefined : `aws s3 rm s3://${inS3}`;
}

/** `BUCKET/KEY.tflock`, from the record of the lock, or from the backend's words where that could not be read. */
function placeInS3(text: string, path: string | undefined): string | undefined {
  if (/\boperation error S3:/.test(flat(text)) && path !== undefined) return `${path}.tflock`;
  const [, bucket, key] =
    /\bbucket\s+'([\w.-]{1,63})'\s+with\s+key\s+'([\w./-]{1,1100}\.tflock)'/.exec(text) ?? [];
  return bucket === undefined || key === undefined ? undefined : `${bucket}/${key}`;
}

/** Why a lock stayed, and what has to be done so that the next one does not. */
interface Reason {
  readonly sign: RegExp;
  /** Ends the sentence "This run could not free its own lock of the state". */
  readonly why: (found: RegExpExecArray, text: string) => string;
  /** Whole sentences, before how to free it. */
  readonly first: string | ((text: string) => string);
}

const REASONS: readonly Reason[] = [
  {
    sign: /Expired\s?Token|RequestExpired|token (?:has|is) expired/i,
    why: () => 'the credentials had expired by then',
    first: 'Raise `role-duration-seconds`, or get fresh credentials just before this step.',
  },
  {
    sign: /operation error (S3|DynamoDB): (\w+)[^\n]*\b(?:AccessDenied|StatusCode: 403)/,
    why: ([, service = '', call = ''], text) => {
      const denial = readDenial(text);
      const who = whoDenies(denial);
      const permission = denial.permission ?? `${service.toLowerCase()}:${call}`;
      return `the credentials are not allowed to ${permission} on it${who === '' ? '' : `, as ${who}`}`;
    },
    first: (text) => {
      const denial = readDenial(text);
      const { permission } = denial;
      // What comes next is how to free the lock, and only then the next run.
      const advice = adviseOnDenial(denial, { permission }).replace(/(?:\. Then|, and) run again\.$/, '.');
      return isMissing(denial)
        ? "Without that permission (this action's docs/iam.md) every run leaves its lock behind, so have it granted first."
        : `Without that permission every run leaves its lock behind. ${advice}`;
    },
  },
  {
    sign: /does not match|doesn't match|lock id [^\n]* existing lock/i,
    why: () => 'it is another one by now: somebody freed it during the run, and somebody else holds it',
    first: 'Let the holder end.',
  },
  {
    sign: /StatusCode: (429|5\d\d)[^\n]*?(?:api error (\w+))?|\b(SlowDown|ServiceUnavailable|InternalError)\b/,
    why: (found, text) => {
      const code = /api error (\w+)/.exec(text)?.[1] ?? found[3];
      return `the store did not take the call (${[found[1], code].filter((part) => part !== undefined).join(' ')})`;
    },
    first: 'Nothing is wrong with the role; the store was busy or out of order.',
  },
  {
    sign: /connection reset|broken pipe|\bEOF\b|i\/o timeout|deadline exceeded|no such host|dial tcp|request send failed/i,
    why: () => 'the store gave no answer, so the lock may be there or not',
    first: 'Check the network of the runner.',
  },
];

/** @returns why the lock is still there, as the end of a sentence, and what to do about that, in whole sentences */
export function whyNotFreed(text: string): { readonly why: string; readonly first: string } {
  const line = flat(text);
  for (const { sign, why, first } of REASONS) {
    const found = sign.exec(line);
    if (found !== null)
      return { why: why(found, line), first: typeof first === 'string' ? first : first(line) };
  }
  const said = /Error message: (.{1,300}?)(?: Lock Info:| Terraform acquires a lock|$)/.exec(line)?.[1];
  return {
    why: said === undefined ? 'Terraform does not say why' : escapeCommands(said).replace(/\.$/, ''),
    first: '',
  };
}

/** Terraform wraps its text for people; here it is one line. */
function flat(text: string): string {
  return text.replace(/\s+/g, ' ');
}
