import { ActionError } from '../errors.js';
import { inert } from '../log.js';
import { TerraformError } from './run.js';

interface Symptom {
  /** Looks for an error code or a fixed field, never for a whole sentence. */
  readonly sign: RegExp;
  /** What was wrong, from what the sign captured. */
  readonly what: (found: RegExpExecArray, text: string) => string;
  readonly next: string | ((text: string) => string);
}

/** The refresh of a key whose role is another one in AWS. */
const MOVED = /is\s+not\s+a\s+multi-Region\s+(primary|replica)\s+key/;

/** Whether a run failed, in plain words or not yet, because the primary is in another Region than the state says. */
export function isMovedPrimary(thrown: unknown): boolean {
  const error = thrown instanceof ActionError ? thrown.cause : thrown;
  return error instanceof TerraformError && MOVED.test(error.text);
}

/** What users meet, most telling first. The codes are those of AWS's API models and of Terraform's own messages. */
const SYMPTOMS: readonly Symptom[] = [
  {
    sign: /Error releasing the state lock/,
    what: (_, text) => `This run could not free its own lock of the state (${lockHolder(text)}).`,
    next: (text) => `Nobody else can have it now, so free it: ${howToFree(text)} Then run the job again.`,
  },
  {
    // Without the holder's record it is no lock of somebody else's, but one that could not be set.
    sign: /Error acquiring the state lock[\s\S]*\bLock Info:\s+ID:\s+\S/,
    what: (_, text) => `The state is locked by somebody else (${lockHolder(text)}).`,
    next: howToUnlock,
  },
  {
    sign: /Saved plan is stale/,
    what: () => 'Another run changed the state after this plan was made, so nothing of the plan was applied.',
    next: 'Run the job again: it plans anew, on the state as it is now.',
  },
  {
    sign: /managed by newer provider version/i,
    what: () => 'The state was written with a newer provider, which this one cannot go on from.',
    next: 'Set `aws-provider-version` to the version that was used before, or a later one.',
  },
  {
    sign: MOVED,
    what: (found) =>
      `The state has a ${found[1] ?? ''} key where AWS has none: primary-region was changed, or the primary was moved outside Terraform.`,
    next: 'Set `primary-region` back to the Region of the primary key.',
  },
  {
    sign: /No valid credential sources found|NoCredentialProviders|failed to refresh cached credentials/,
    what: () => 'There are no AWS credentials in this job.',
    next: 'Set `role-to-assume`, or provide credentials in a step before this one.',
  },
  {
    sign: /NoSuchBucket/,
    what: () => 'The state bucket does not exist, or not in the account of these credentials.',
    next: 'Correct `state-bucket`, or create the bucket (with versioning and encryption) and run again.',
  },
  {
    sign: /\b(?:StatusCode|api error)[^\n]*\b(?:301|PermanentRedirect|AuthorizationHeaderMalformed)\b|requested\s+bucket\s+from\s+"[^"]*",\s+actual\s+location/,
    what: (_, text) => {
      const region = /(?:actual\s+location|expecting)\s+["']([a-z0-9-]+)["']/.exec(text)?.[1];
      return `The state bucket is in another Region${region === undefined ? '' : ` (${region})`}.`;
    },
    next: 'Set `state-region` to the Region of the bucket.',
  },
  {
    sign: /ExpiredToken(?:Exception)?/,
    what: () => 'The AWS credentials expired during the run.',
    next: 'Run the job again; if it happens again, raise `role-duration-seconds`.',
  },
  {
    sign: /InvalidClientTokenId|UnrecognizedClientException/,
    what: (_, text) =>
      `AWS does not know these credentials${inRegion(text)}. This is also its answer in a Region that the account has not enabled.`,
    next: 'Enable the Region for the account (it takes some minutes), or remove it from the inputs; else check the credentials.',
  },
  {
    sign: /pending deletion|PendingDeletion/,
    what: (_, text) => `A key is pending deletion${inRegion(text)}.`,
    next: 'To keep it: `aws kms cancel-key-deletion`, then `aws kms enable-key`, in its Region, and run again.',
  },
  {
    sign: /AlreadyExistsException[^\n]*?(alias\/[\w/-]+)?/,
    what: (found, text) => already(found[1] ?? /(alias\/[\w/-]+)/.exec(text)?.[1], text),
    next: 'Choose another alias, or bring what exists under this state with `terraform import`, and run again.',
  },
  {
    sign: /invalid principals/i,
    what: () => 'The key policy names a principal that does not exist.',
    next: 'Correct or create the role, user or account that it names (a service-linked role is often the missing one) and run again.',
  },
  {
    sign: /MalformedPolicyDocument(?:Exception)?/,
    what: () => 'KMS does not accept the key policy.',
    next: 'Correct the policy as the message of KMS in the log says, and run again.',
  },
  {
    sign: /AccessDenied(?:Exception)?[^\n]*?(?:perform: ?(\S+))?/,
    what: (_, text) =>
      `The credentials are not allowed to ${/perform: ?([\w:]+)/.exec(text)?.[1] ?? 'make a call that is needed'}${inRegion(text)}.`,
    next: 'Let the role do that (docs/iam.md lists what it needs) and run again.',
  },
  {
    sign: /Throttling|ThrottlingException|SlowDown|RequestLimitExceeded/,
    what: () => 'AWS throttled the calls for longer than the provider was willing to wait.',
    next: 'Run the job again.',
  },
  {
    sign: /LimitExceededException/,
    what: () => 'A quota of KMS is used up.',
    next: 'Ask AWS for a higher quota, or remove what is not needed, and run again.',
  },
  {
    sign: /locked\s+provider\s+\S+\/hashicorp\/aws\s+(\S+)\s+does\s+not\s+match\s+configured\s+version\s+constraint/,
    what: (found) =>
      `The lock-file has hashicorp/aws ${found[1] ?? ''}, which aws-provider-version does not allow.`,
    next: 'Set `aws-provider-version` to the version in the lock-file, or write a new lock-file with `terraform providers lock`.',
  },
  {
    sign: /match\s+any\s+of\s+the\s+checksums\s+previously\s+recorded/,
    what: () => 'No checksum in the lock file is that of the AWS provider which was found for this platform.',
    next: 'If the provider is the right one, add its checksum with `terraform providers lock -platform=OS_ARCH`; if not, correct where it comes from.',
  },
  {
    sign: /provider\s+package\s+doesn't\s+match\s+the\s+expected\s+checksum/,
    what: () =>
      'The AWS provider that was downloaded does not have the checksum that its source gives for it.',
    next: 'Run the job again; if it stays so, what the mirror or a proxy gives is not what was released.',
  },
  {
    sign: /failed\s+to\s+query\s+provider\s+mirror/,
    what: () => 'The network mirror of provider-mirror did not answer as one.',
    next: 'Check the URL, its certificate (a private CA belongs into SSL_CERT_FILE) and the network of the runner.',
  },
  {
    sign: /Failed to query available provider packages|provider registry[^\n]*does not have|no available releases match/,
    what: () => 'The AWS provider in the version asked for could not be found.',
    next: 'Check `aws-provider-version`, and `provider-mirror` if one is set.',
  },
];

/**
 * A failed Terraform command in plain words.
 * @param error what the command said
 * @param done what was and was not done, in whole sentences
 */
export function explainTerraformError(error: TerraformError, done: string): ActionError {
  const found = SYMPTOMS.map((symptom) => ({ symptom, match: symptom.sign.exec(error.text) })).find(
    ({ match }) => match !== null,
  );
  const said = inert(error.diagnostics[0]?.summary ?? `exit code ${error.exitCode}`).slice(0, 500);
  if (found?.match == null) {
    return new ActionError(
      {
        what: `terraform ${error.command} failed: ${said}.`,
        done,
        next: 'Its own words are in the log, in the group of that command.',
      },
      { cause: error },
    );
  }
  const { symptom, match } = found;
  return new ActionError(
    {
      what: `${symptom.what(match, error.text)} (terraform ${error.command}: ${said})`,
      done,
      next: typeof symptom.next === 'string' ? symptom.next : symptom.next(error.text),
    },
    { cause: error },
  );
}

/** From Terraform's record of a lock, e.g. `runner@host, apply, since 2026-11-24 01:02:03 UTC, lock id 7c1`. */
function lockHolder(text: string): string {
  const record = (name: string, value: string): string | undefined =>
    new RegExp(`^\\s*${name}:[^\\S\\n]+(${value})`, 'm').exec(text)?.[1];
  const operation = record('Operation', 'OperationType\\w+')?.slice('OperationType'.length).toLowerCase();
  const since = record('Created', '[\\d-]+ [\\d:]+');
  return [
    record('Who', '\\S{1,100}') ?? 'who is not known',
    ...(operation === undefined ? [] : [operation]),
    ...(since === undefined ? [] : [`since ${since} UTC`]),
    `lock id ${lockId(text)}`,
  ].join(', ');
}

function lockId(text: string): string {
  return /^\s*ID:[^\S\n]+([\w-]{1,100})/m.exec(text)?.[1] ?? 'unknown';
}

function howToUnlock(text: string): string {
  return `Wait until that run has ended, and run this job again. If it was killed and will not come back, free the lock: ${howToFree(text)}`;
}

function howToFree(text: string): string {
  const place = /^\s*Path:[^\S\n]+([\w./-]{1,1100})$/m.exec(text)?.[1] ?? 'PATH-OF-THE-STATE';
  return `where S3 itself keeps it, delete the object \`${place}.tflock\`; else \`terraform force-unlock ${lockId(text)}\` in a folder with the same backend.`;
}

function inRegion(text: string): string {
  const region = /\b(?:kms|sts)\.([a-z]{2,4}(?:-[a-z]+)+-\d)\.|arn:[a-z-]+:kms:([a-z0-9-]+):/.exec(text);
  const name = region?.[1] ?? region?.[2];
  return name === undefined ? '' : ` in ${name}`;
}

function already(alias: string | undefined, text: string): string {
  return alias !== undefined && !/replica/i.test(text)
    ? `The alias ${alias} exists already${inRegion(text)} and is not under this state.`
    : `A key or alias exists already${inRegion(text)} and is not under this state.`;
}
