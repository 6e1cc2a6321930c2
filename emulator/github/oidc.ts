import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';

import type { GitHubState } from './state.js';
import type { Job, JobOptions, PublicJwk, Repository } from './types.js';

export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

const DEFAULT_LIFETIME_SECONDS = 300;
/** GitHub dates `nbf` back by this much, for clocks that are behind. */
const NOT_BEFORE_SECONDS = 600;

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly jwk: PublicJwk;
}

function makeKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  if (n === undefined || e === undefined) throw new Error('The RSA key has no modulus.');
  const kid = createHash('sha256').update(n).digest('hex').slice(0, 40);
  return { privateKey, jwk: { kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' } };
}

/** GitHub's OIDC provider for jobs: it knows which bearer belongs to which job, and signs what the job is. */
export class OidcIssuer {
  readonly issuer: string;
  readonly #state: GitHubState;
  readonly #jobs = new Map<string, JobOptions>();
  #issued = 0;
  #pair: KeyPair | undefined;

  constructor(options: { readonly issuer: string; readonly state: GitHubState }) {
    this.issuer = options.issuer;
    this.#state = options.state;
  }

  /** Made when it is first needed: most users of the emulator never ask for a token, and a key takes a while. */
  #keys(): KeyPair {
    this.#pair ??= makeKeyPair();
    return this.#pair;
  }

  get issued(): number {
    return this.#issued;
  }

  jwks(): { readonly keys: readonly PublicJwk[] } {
    return { keys: [this.#keys().jwk] };
  }

  /** The discovery document; `jwks_uri` is where this emulator serves its key, whatever the issuer is called. */
  describe(origin: string): Record<string, unknown> {
    return {
      issuer: this.issuer,
      jwks_uri: `${origin}/_github/oidc/.well-known/jwks`,
      subject_types_supported: ['public', 'pairwise'],
      response_types_supported: ['id_token'],
      claims_supported: [
        'sub',
        'aud',
        'exp',
        'iat',
        'iss',
        'jti',
        'nbf',
        'ref',
        'sha',
        'repository',
        'environment',
      ],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    };
  }

  /** Lets a job ask for tokens, or changes what an earlier one is. */
  admit(options: JobOptions): Job {
    const requestToken = options.requestToken ?? `request-${randomUUID()}`;
    this.#jobs.set(requestToken, options);
    return { requestToken, options };
  }

  findJob(requestToken: string): JobOptions | undefined {
    return this.#jobs.get(requestToken);
  }

  /**
   * A fresh token for the job.
   * @param audience the default is the owner's page, as on GitHub
   */
  issue(job: JobOptions, audience: string | undefined): string {
    this.#issued += 1;
    return this.#sign(this.#makeClaims(job, audience));
  }

  #makeClaims(job: JobOptions, audience: string | undefined): Record<string, unknown> {
    const repository = this.#findRepository(job);
    const seconds = Math.floor(this.#state.now() / 1000);
    return {
      jti: randomUUID(),
      iss: this.issuer,
      aud: audience ?? `https://github.com/${repository.owner}`,
      sub: makeSubject(job, repository),
      iat: seconds,
      nbf: seconds - NOT_BEFORE_SECONDS,
      exp: seconds + (job.tokenLifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS),
      ...describeRepository(repository),
      ...describeRun(job, repository),
    };
  }

  #findRepository(job: JobOptions): Repository {
    const repository = this.#state.findRepository(job.repository ?? '');
    if (!repository) throw new Error(`There is no repository ${job.repository ?? '(none)'} for the job.`);
    return repository;
  }

  #sign(claims: Record<string, unknown>): string {
    const { privateKey, jwk } = this.#keys();
    const { kid } = jwk;
    const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signed = `${encode({ typ: 'JWT', alg: 'RS256', x5t: kid, kid })}.${encode(claims)}`;
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
  }
}

function describeRepository(repository: Repository): Record<string, string> {
  return {
    repository: repository.fullName,
    repository_id: String(repository.id),
    repository_owner: repository.owner,
    repository_owner_id: String(repository.ownerId),
    repository_visibility: repository.private ? 'private' : 'public',
  };
}

function describeRun(job: JobOptions, repository: Repository): Record<string, string> {
  const ref = refOf(job, repository);
  const sha = job.sha ?? '0'.repeat(40);
  return {
    actor: job.actor ?? 'octocat',
    actor_id: '583231',
    event_name: job.eventName ?? 'push',
    ref,
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: 'false',
    sha,
    head_ref: job.headRef ?? '',
    base_ref: job.baseRef ?? '',
    run_id: job.runId ?? '1',
    run_number: '1',
    run_attempt: String(job.runAttempt ?? 1),
    ...describeWorkflow(job, { fullName: repository.fullName, ref, sha }),
    runner_environment: 'github-hosted',
    ...(job.environment === undefined ? {} : { environment: job.environment }),
  };
}

function describeWorkflow(
  job: JobOptions,
  { fullName, ref, sha }: { readonly fullName: string; readonly ref: string; readonly sha: string },
): Record<string, string> {
  const workflowRef = `${fullName}/${job.workflowPath ?? '.github/workflows/kms.yml'}@${ref}`;
  return {
    workflow: job.workflow ?? 'kms',
    workflow_ref: workflowRef,
    workflow_sha: sha,
    job_workflow_ref: job.jobWorkflowRef ?? workflowRef,
    job_workflow_sha: sha,
  };
}

/**
 * An environment takes the place of everything else; a pull request that of the ref.
 * Source: GitHub's OpenID Connect reference, "Example subject claims".
 */
function makeSubject(job: JobOptions, repository: Repository): string {
  const { owner, name, id, ownerId } = repository;
  const named = job.subjectForm === 'immutable' ? `${owner}@${ownerId}/${name}@${id}` : `${owner}/${name}`;
  if (job.environment !== undefined) {
    // A colon would end the part, so GitHub encodes it.
    return `repo:${named}:environment:${job.environment.replaceAll(':', '%3A')}`;
  }
  if (job.eventName === 'pull_request') return `repo:${named}:pull_request`;
  return `repo:${named}:ref:${refOf(job, repository)}`;
}

function refOf(job: JobOptions, repository: Repository): string {
  return job.ref ?? `refs/heads/${repository.defaultBranch}`;
}
