import { adviseOnDenial, readDenial, whoDenies } from '../facts/denial.js';
import { ActionError, type Explanation } from '../errors.js';
import { escapeCommands } from '../runner/log.js';
import { explainForeignState } from './foreign-state.js';
import { howToFree, howToUnlock, lockHolder, lockRecord, whyNotFreed } from './lock.js';
import { explainProxyRefusal } from './proxy-refusal.js';
import { TerraformError } from './run.js';
import { adviseOnWait, explainWait, WAITED_IN_VAIN } from './waits.js';

interface Symptom {
  /** Looks for an error code or a fixed field, never for a whole sentence. */
  readonly sign: RegExp;
  /** What was wrong; told from what the sign captured, where that matters. */
  readonly what: string | ((found: RegExpExecArray, text: string) => string);
  readonly next: string | ((text: string) => string);
}

/** The refresh of a key whose role is another one in AWS. */
const MOVED = /is\s+not\s+a\s+multi-Region\s+(primary|replica)\s+key/;

/** Whether a run failed, in plain words or not yet, because the primary is in another Region than the state says. */
export function isMovedPrimary(thrown: unknown): boolean {
  return failedOf(MOVED, thrown);
}

/** Whether a run failed, in plain words or not yet, because the state was locked. */
export function isLocked(thrown: unknown): boolean {
  return failedOf(/Error acquiring the state lock/, thrown);
}

function failedOf(sign: RegExp, thrown: unknown): boolean {
  const error = thrown instanceof ActionError ? thrown.cause : thrown;
  return error instanceof TerraformError && sign.test(error.text);
}

/** What users meet, most telling first. The codes are those of AWS's API models and of Terraform's own messages. */
const SYMPTOMS: Readonly<Record<string, Symptom>> = {
  'lock-not-freed': {
    sign: /Error releasing the state lock/,
    what: (_, text) =>
      `This run could not free its own lock of the state${lockRecord(text)}: ${whyNotFreed(text).why}.`,
    next: (text) =>
      `${whyNotFreed(text).first} Nobody else can lock the state now. If no run is at work on it, free it: ${howToFree(text)} Then run the job again.`.trim(),
  },
  locked: {
    // Without the holder's record it is no lock of somebody else's, but one that could not be set.
    sign: /Error acquiring the state lock[\s\S]*\bLock Info:\s+ID:\s+\S/,
    what: (_, text) => `The state is locked by somebody else (${lockHolder(text)}).`,
    next: howToUnlock,
  },
  'plan-stale': {
    sign: /Saved plan is stale/,
    what: 'Another run changed the state after this plan was made, so nothing of the plan was applied.',
    next: 'Run the job again: it plans anew, on the state as it is now.',
  },
  'newer-provider': {
    sign: /managed by newer provider version/i,
    what: 'The state was written with a newer provider, which this one cannot go on from.',
    next: 'Set `aws-provider-version` to the version that was used before, or a later one.',
  },
  'primary-moved': {
    sign: MOVED,
    what: (found) =>
      `The state has a ${found[1] ?? ''} key where AWS has none: primary-region was changed, or the primary was moved outside Terraform.`,
    next: 'Set `primary-region` to the Region where AWS has the primary key, and all others among `replica-regions`; with `move-primary: true` the state follows.',
  },
  'no-credentials': {
    sign: /No valid credential sources found|NoCredentialProviders|failed to refresh cached credentials/,
    what: 'There are no AWS credentials in this job.',
    next: 'Set `role-to-assume`, or provide credentials in a step before this one.',
  },
  'bucket-missing': {
    sign: /NoSuchBucket/,
    what: 'The state bucket does not exist, or not in the account of these credentials.',
    next: 'Correct `state-bucket`, or create the bucket (with versioning and encryption) and run again.',
  },
  'bucket-elsewhere': {
    sign: /\b(?:StatusCode|api error)[^\n]*\b(?:301|PermanentRedirect|AuthorizationHeaderMalformed)\b|requested\s+bucket\s+from\s+"[^"]*",\s+actual\s+location/,
    what: (_, text) => {
      const region = /(?:actual\s+location|expecting)\s+["']([a-z0-9-]+)["']/.exec(text)?.[1];
      return `The state bucket is in another Region${region === undefined ? '' : ` (${region})`}.`;
    },
    next: 'Set `state-region` to the Region of the bucket.',
  },
  'state-not-readable': {
    // A HEAD request has no answer but its status: AWS's code for it does not come through.
    sign: /\bHeadObject,[^\n]*\bStatusCode:\s+40([03])\b/,
    what: (found, text) =>
      found[1] === '3'
        ? `The credentials may not read the state${placeOfState(text)}.`
        : `S3 does not take the credentials for the state${placeOfState(text)}, and does not say why; most often they have expired.`,
    next: (text) =>
      /\bStatusCode:\s+403\b/.test(text)
        ? "Let the role do s3:GetObject on the state and s3:ListBucket on its bucket (this action's docs/iam.md), and run again."
        : 'Run the job again; if it happens again, raise `role-duration-seconds`, or get fresh credentials just before this step.',
  },
  'token-expired': {
    sign: /ExpiredToken(?:Exception)?/,
    what: 'The AWS credentials expired during the run.',
    next: 'Run the job again; if it happens again, raise `role-duration-seconds`.',
  },
  'unknown-credentials': {
    sign: /InvalidClientTokenId|UnrecognizedClientException/,
    what: (_, text) =>
      `AWS does not know these credentials${inRegion(text)}. This is also its answer in a Region that the account has not enabled.`,
    next: 'Enable the Region for the account (it takes some minutes), or remove it from the inputs; else check the credentials.',
  },
  'change-not-seen': {
    sign: WAITED_IN_VAIN,
    what: explainWait,
    next: adviseOnWait,
  },
  'pending-deletion': {
    sign: /pending deletion|PendingDeletion/,
    what: (_, text) => `A key is pending deletion${inRegion(text)}.`,
    next: 'To keep it, run `aws kms cancel-key-deletion`, then `aws kms enable-key`, in its Region, and run the job again.',
  },
  'passing-state': {
    sign: /\bKMSInvalidState(?:Exception)?\b/,
    what: (_, text) =>
      `In its present state KMS does not let the key${inRegion(text)} be used or changed like that.`,
    next: 'Look at the state of the key in AWS: if it is being created or changed, run the job again when it is done; a disabled key has to be enabled first.',
  },
  'already-exists': {
    sign: /AlreadyExistsException[^\n]*?(alias\/[\w/-]+)?/,
    what: (found, text) => already(found[1] ?? /(alias\/[\w/-]+)/.exec(text)?.[1], text),
    next: (text) =>
      /\bReplicateKey\b/.test(text)
        ? 'If it is a replica of this key, set `allow-recovery: true`: the next plan takes it into the state, for review. Else remove the Region from the inputs.'
        : "Choose another alias, or bring what exists under this state (this action's docs/migrating.md), and run again.",
  },
  'unknown-principal': {
    sign: /invalid principals/i,
    what: 'The key policy names a principal that does not exist.',
    next: 'Correct or create the role, user or account that it names (a service-linked role is often the missing one) and run again.',
  },
  'policy-malformed': {
    sign: /MalformedPolicyDocument(?:Exception)?/,
    what: 'KMS does not accept the key policy.',
    next: 'Correct the policy as the message of KMS in the log says, and run again.',
  },
  'not-allowed': {
    sign: /AccessDenied(?:Exception)?[^\n]*?(?:perform: ?(\S+))?/,
    what: (_, text) => {
      const who = whoDenies(readDenial(text));
      return `The credentials are not allowed to ${missingPermission(text) ?? 'make a call that is needed'}${inRegion(text)}${who === '' ? '' : `: ${who}`}.`;
    },
    next: (text) =>
      adviseOnDenial(readDenial(text), {
        permission: missingPermission(text),
        region: regionSaid(text),
      }),
  },
  throttled: {
    sign: /Throttling|ThrottlingException|SlowDown|RequestLimitExceeded/,
    what: 'AWS throttled the calls for longer than the provider was willing to wait.',
    next: 'Run the job again.',
  },
  quota: {
    sign: /LimitExceededException/,
    what: 'A quota of KMS is used up.',
    next: 'Ask AWS for a higher quota, or remove what is not needed, and run again.',
  },
  'lock-file-version': {
    sign: /locked\s+provider\s+\S+\/hashicorp\/aws\s+(\S+)\s+does\s+not\s+match\s+configured\s+version\s+constraint/,
    what: (found) =>
      `The lock-file has hashicorp/aws ${found[1] ?? ''}, which aws-provider-version does not allow.`,
    next: 'Set `aws-provider-version` to the version in the lock-file, or write a new lock-file with `terraform providers lock`.',
  },
  'lock-file-checksum': {
    sign: /match\s+any\s+of\s+the\s+checksums\s+previously\s+recorded/,
    what: 'No checksum in the lock file is that of the AWS provider which was found for this platform.',
    next: 'If the provider is the right one, add its checksum with `terraform providers lock -platform=OS_ARCH`; if not, correct where it comes from.',
  },
  'download-checksum': {
    sign: /provider\s+package\s+doesn't\s+match\s+the\s+expected\s+checksum/,
    what: 'The AWS provider that was downloaded does not have the checksum that its source gives for it.',
    next: 'Run the job again; if it stays so, what the mirror or a proxy gives is not what was released.',
  },
  'mirror-silent': {
    sign: /failed\s+to\s+query\s+provider\s+mirror/,
    what: 'The network mirror of provider-mirror did not answer as one.',
    next: 'Check the URL, its certificate (a private CA belongs into SSL_CERT_FILE) and the network of the runner.',
  },
  'registry-out-of-reach': {
    sign: /Failed to (?:query available provider packages|install provider)[\s\S]*\bcould\s+not\s+(?:connect\s+to|query\s+provider\s+registry\s+for)\s/,
    what: 'The provider registry could not be reached, or did not answer.',
    next: 'Run the job again; if it stays so, open the network or set `HTTPS_PROXY`, or let `provider-mirror` name a mirror.',
  },
  'provider-missing': {
    sign: /Failed to query available provider packages|provider registry[^\n]*does not have|no available releases match/,
    what: 'The AWS provider in the version asked for could not be found.',
    next: 'Check `aws-provider-version`, and `provider-mirror` if one is set.',
  },
};

export const SYMPTOM_NAMES: readonly string[] = Object.keys(SYMPTOMS);

/** The name of the first symptom that the text of a failure has. */
export function symptomOf(text: string): string | undefined {
  return findSymptom(text)?.name;
}

function findSymptom(text: string): { name: string; symptom: Symptom; match: RegExpExecArray } | undefined {
  for (const [name, symptom] of Object.entries(SYMPTOMS)) {
    const match = symptom.sign.exec(text);
    if (match !== null) return { name, symptom, match };
  }
  return undefined;
}

/**
 * A failed Terraform command in plain words.
 * @param error what the command said
 * @param done what was and was not done, in whole sentences
 */
export function explainTerraformError(error: TerraformError, done: string): ActionError {
  return new ActionError({ ...explain(error), done }, { cause: error });
}

function explain(error: TerraformError): Omit<Explanation, 'done'> {
  const foreign = explainForeignState(error.diagnostics);
  if (foreign !== undefined) return { ...foreign, what: escapeCommands(foreign.what) };
  const found = findSymptom(error.text);
  const said = `terraform ${error.command}: ${inSentence(error)}`;
  const proxy = explainProxyRefusal(error.text);
  if (proxy !== undefined && found?.name !== 'lock-not-freed')
    return { what: `A call of Terraform did not get out: ${proxy.what} (${said}).`, next: proxy.next };
  if (found === undefined) {
    return {
      what: `terraform ${error.command} failed: ${inSentence(error)}.`,
      next: 'Its own words are in the log, in the group of that command.',
    };
  }
  const { what, next } = found.symptom;
  // The address of a replica has its Region in it.
  const text = `${error.text}\n${error.diagnostics[0]?.address ?? ''}`;
  return {
    what: `${typeof what === 'string' ? what : what(found.match, text)} (${said})`,
    next: typeof next === 'string' ? next : next(text),
  };
}

/** A summary of so few words says nothing without its detail. */
const TERSE_WORDS = 5;

/** Terraform's own words, as the end of a sentence. */
function inSentence({ diagnostics: [first], exitCode }: TerraformError): string {
  if (first === undefined) return `exit code ${exitCode}`;
  const { summary } = first;
  const isTerse = summary.trim().split(/\s+/).length <= TERSE_WORDS;
  const detail = isTerse ? firstParagraph(first.detail) : '';
  return escapeCommands(detail === '' ? summary : `${summary.replace(/[.:]$/, '')}: ${detail}`)
    .slice(0, 500)
    .replace(/\.$/, '');
}

/** Of a detail, without the place in the configuration, which is this action's own. */
function firstParagraph(detail: string): string {
  const lines = detail.split(/\r?\n/).filter((line) => !PLACE_OF_ERROR.test(line));
  const text = lines
    .join('\n')
    .trim()
    .replace(/^Error message:\s*/, '');
  return (text.split(/\n\s*\n|\n\s*Lock Info:/)[0] ?? '').replace(/\s+/g, ' ').trim();
}

const PLACE_OF_ERROR = /^\s*(?:with \S+,|on \S+ line \d+.*|\d+:.*|[├│].*)$/;

/** ` KEY in the bucket BUCKET`, as the S3 backend names it. */
function placeOfState(text: string): string {
  const [, key, bucket] =
    /\bobject\s+"([\w./-]{1,1024})"\s+in\s+S3\s+bucket\s+"([\w.-]{1,63})"/.exec(text) ?? [];
  return key === undefined || bucket === undefined ? '' : ` ${key} in the bucket ${bucket}`;
}

const REGION_SAID =
  /\b(?:kms|sts)\.([a-z]{2,4}(?:-[a-z]+)+-\d)\.|arn:[a-z-]+:kms:([a-z0-9-]+):|\bprovider\["[^"]+"\]\.([a-z0-9-]+),|\bmodule\.replica(?:_|\[")([a-z0-9-]+)/;

/** Of the endpoint, of an ARN, of the provider that was asked, or of the replica that it is about. */
function regionSaid(text: string): string | undefined {
  return REGION_SAID.exec(text)
    ?.slice(1)
    .find((region?: string) => region !== undefined);
}

function inRegion(text: string): string {
  const name = regionSaid(text);
  return name === undefined ? '' : ` in ${name}`;
}

/** AWS's names of the calls whose permission is called otherwise (IAM's list of actions for S3). */
const S3_PERMISSIONS: ReadonlyMap<string, string> = new Map([
  ['HeadObject', 'GetObject'],
  ['ListObjectsV2', 'ListBucket'],
  ['HeadBucket', 'ListBucket'],
]);

/** E.g. `kms:DescribeKey`: AWS's own word for it, or else that of the call. */
function missingPermission(text: string): string | undefined {
  const said = readDenial(text).permission;
  const asked = /\boperation\s+error\s+(KMS|S3|STS|DynamoDB):\s+(\w+)/.exec(text);
  if (said !== undefined || asked === null) return said;
  const [, service = '', call = ''] = asked;
  return `${service.toLowerCase()}:${S3_PERMISSIONS.get(call) ?? call}`;
}

function already(alias: string | undefined, text: string): string {
  return alias !== undefined && !/replica/i.test(text)
    ? `The alias ${alias} exists already${inRegion(text)} and is not under this state.`
    : `A key or alias exists already${inRegion(text)} and is not under this state.`;
}
