import { createHash } from 'node:crypto';
import path from 'node:path';
import semver from 'semver';
import { endpointOf, type Service } from '../aws/endpoints.js';
import type { Environment } from '../runner/context.js';
import type { Log } from '../deps.js';
import { ActionError } from '../errors.js';
import { explainEmptyInput } from '../inputs/empty-input.js';
import { inputSources } from '../inputs/sources.js';
import type { Inputs } from '../inputs/inputs.js';
import type { Backend } from '../inputs/rules.js';
import type { Workspace } from '../runner/workspace.js';

/** S3 locks by itself from here on: `use_lockfile` (Terraform's changelog, 1.10.0). */
const LOCKS_IN_S3_SINCE = '1.10.0';

export interface BackendRequest {
  readonly inputs: Pick<Inputs, 'alias' | 'backend' | 'command'>;
  readonly workspace: Pick<Workspace, 'localStateDir'>;
  /** The Terraform that will run. */
  readonly terraformVersion: string;
  /** Where custom endpoints are named. */
  readonly env: Environment;
  readonly log: Pick<Log, 'warning'>;
}

/**
 * Chooses where the state is, complete with the lock of S3 where nothing else locks.
 * @returns undefined for a plan without a state
 * @throws ActionError for any other command without a state
 */
export function chooseBackend(request: BackendRequest): Backend | undefined {
  const { backend } = request.inputs;
  if (backend === undefined) {
    refuseUnlessPlan(request);
    return undefined;
  }
  if (backend.type === 's3') return lockedInS3(withDefaults(backend, settingsOfS3(request)), request);
  return backend.type === 'local' ? onThisRunner(backend, request) : backend;
}

function refuseUnlessPlan({ inputs, env, log }: BackendRequest): void {
  const whyEmpty = explainEmptyInput(inputSources(env));
  if (inputs.command !== 'plan') {
    throw new ActionError({
      what: `${inputs.command} needs a Terraform state, and neither state-bucket nor backend says where it is.`,
      done: 'Nothing was planned or changed.',
      next: `Set \`state-bucket\` to an S3 bucket. A key without a state can be neither changed nor found again by Terraform. ${whyEmpty}`.trim(),
    });
  }
  log.warning(
    `There is no state-bucket or backend, so this plan knows no state and shows everything as new. ${whyEmpty}`.trim(),
    { title: 'A plan without a state' },
  );
}

/** Settings of the user's win. */
function withDefaults(backend: Backend, settings: Backend['config']): Backend {
  return { ...backend, config: { ...settings, ...backend.config } };
}

/** `endpoints` in the S3 backend, and the variables for it, came with Terraform 1.6.0 (its upgrade guide). */
const READS_ENDPOINTS_SINCE = '1.6.0';

/** What an older Terraform calls the endpoints. */
const OLD_ENDPOINTS: Readonly<Record<string, Service>> = {
  endpoint: 'S3',
  sts_endpoint: 'STS',
  iam_endpoint: 'IAM',
  dynamodb_endpoint: 'DYNAMODB',
};

/**
 * The endpoints that the environment names, where Terraform does not look there itself. And the check of the Region's name
 * left out: it goes by a list in Terraform itself, which each version knows less of than AWS has (terraform#36624; 1.11.4
 * refuses eusc-de-east-1, us-isob-west-1, ap-east-2 and ap-southeast-6), and the inputs were checked by this action's own.
 */
function settingsOfS3({ terraformVersion, env }: BackendRequest): Backend['config'] {
  const looksItself = semver.gte(terraformVersion, READS_ENDPOINTS_SINCE);
  const named = Object.entries(looksItself ? {} : OLD_ENDPOINTS).flatMap(([setting, service]) => {
    const url = endpointOf(service, env);
    return url === undefined ? [] : [[setting, url] as const];
  });
  return { skip_region_validation: 'true', ...Object.fromEntries(named) };
}

/** A lock table or a `use_lockfile` of the user's own stays the only say. */
function lockedInS3(backend: Backend, { terraformVersion, log }: BackendRequest): Backend {
  if ('use_lockfile' in backend.config || 'dynamodb_table' in backend.config) return backend;
  if (semver.gte(terraformVersion, LOCKS_IN_S3_SINCE)) return withDefaults(backend, { use_lockfile: 'true' });
  log.warning(
    `Terraform ${terraformVersion} cannot lock a state in S3 by itself, so two runs at once could spoil it. Set \`terraform-version\` to ${LOCKS_IN_S3_SINCE} or later, or name a lock table with \`backend-config: dynamodb_table=…\`.`,
    { title: 'A state without a lock' },
  );
  return backend;
}

function onThisRunner(backend: Backend, { inputs, workspace, log }: BackendRequest): Backend {
  log.warning(
    'The state is on this runner only and goes with it; a key whose state is lost has to be imported by hand.',
    { title: 'A local state' },
  );
  return withDefaults(backend, { path: path.join(workspace.localStateDir, localStateName(inputs.alias)) });
}

/**
 * The file of an alias's own state: readable, and one of its own for each alias, also where file names do not tell upper
 * from lower case or have to be short.
 */
function localStateName(alias: string): string {
  const mark = createHash('sha256').update(alias).digest('hex').slice(0, 12);
  return `${alias.replaceAll('/', '.').slice(0, 80)}-${mark}.tfstate`;
}
