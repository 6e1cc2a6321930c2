/**
 * What a user's machine or organisation brings along, beside what the workflow says: each row is one such thing, how a run
 * meets it, and what the run then does. Unit tests and end-to-end tests take their rows from here.
 */

import type { Fault } from '../../emulator/index.js';

/** A run of the built action, with what is different about it. */
export interface Surrounding {
  /** What is brought along, as people would say it. */
  readonly name: string;
  /** Files below the home folder: path to text. `HOME` in a text is that folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Variables of the job; `HOME` in a value is the home folder. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the error says when the run has no role: the place of the setting. Undefined where the run succeeds, too. */
  readonly withoutRole?: RegExp;
}

const config = (text: string): Pick<Surrounding, 'files'> => ({ files: { '.aws/config': text } });

/** The machine's AWS configuration; with a role none of it counts. */
export const AWS_CONFIGURATIONS: readonly Surrounding[] = [
  {
    name: 'a default profile whose source profile is missing',
    ...config('[default]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = gone\n'),
    withoutRole: /source_profile in \[default\] of \S+\.aws\/config: there is no profile "gone"/,
  },
  {
    name: 'a default profile with a session that has no section',
    ...config('[default]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = x\n'),
    withoutRole: /sso_session in \[default\] of \S+\.aws\/config: there is no \[sso-session corp\]/,
  },
  {
    name: 'the retry mode of older SDKs in a file',
    ...config('[default]\nretry_mode = legacy\n'),
    withoutRole: /retry_mode in \[default\] of \S+\.aws\/config: "legacy" is neither standard nor adaptive/,
  },
  {
    name: 'a bundle of certificates that is gone, in a file',
    ...config('[default]\nca_bundle = /etc/corp/gone.pem\n'),
    withoutRole:
      /ca_bundle in \[default\] of \S+\.aws\/config: the file "\/etc\/corp\/gone.pem" cannot be read/,
  },
  {
    name: 'a file that AWS_CONFIG_FILE names',
    files: { 'corp.ini': '[default]\nretry_mode = legacy\n' },
    env: { AWS_CONFIG_FILE: 'HOME/corp.ini' },
    withoutRole: /retry_mode in \[default\] of \S+corp\.ini/,
  },
  {
    name: 'the retry mode of older SDKs in the environment',
    env: { AWS_RETRY_MODE: 'legacy' },
    withoutRole: /AWS_RETRY_MODE: "legacy" is neither standard nor adaptive/,
  },
  {
    name: 'a bundle of certificates that is gone, in the environment',
    env: { AWS_CA_BUNDLE: '/etc/corp/gone.pem' },
    withoutRole: /AWS_CA_BUNDLE: the file "\/etc\/corp\/gone.pem" cannot be read/,
  },
  {
    name: 'a number of attempts that is none',
    env: { AWS_MAX_ATTEMPTS: '0' },
    withoutRole: /AWS_MAX_ATTEMPTS: "0" is not a whole number from 1 on/,
  },
  {
    name: 'a profile that does not exist',
    ...config('[profile other]\nregion = eu-west-1\n'),
    env: { AWS_PROFILE: 'prod' },
    withoutRole: /AWS_PROFILE: neither \S+\.aws\/config nor \S+\.aws\/credentials has the profile "prod"/,
  },
  {
    name: 'credentials of somebody else in a file',
    files: {
      '.aws/credentials':
        '[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other-secret-key\n',
    },
  },
  {
    name: 'an endpoint of somebody else in a file',
    ...config(
      '[default]\nregion = us-gov-west-1\nuse_fips_endpoint = false\nmax_attempts = 2\nretry_mode = standard\n',
    ),
  },
];

/** Who starts a run, and what GitHub leaves empty because of it; `says` is what the message for an empty input has. */
export interface Starter {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly event?: object;
  readonly says: RegExp;
}

const pullRequestFrom = (head: string | null): object => ({
  pull_request: {
    number: 7,
    head: { sha: '1a'.repeat(20), repo: head === null ? null : { full_name: head } },
    base: { ref: 'main', repo: { full_name: 'octo-org/octo-repo' } },
  },
});

export const STARTERS: readonly Starter[] = [
  {
    name: 'Dependabot',
    env: { GITHUB_ACTOR: 'dependabot[bot]', GITHUB_EVENT_NAME: 'pull_request' },
    event: pullRequestFrom('octo-org/octo-repo'),
    says: /started by Dependabot, which gets no secrets of the repository.*if: github\.actor != 'dependabot\[bot\]'/,
  },
  {
    name: 'Dependabot by a push',
    env: { GITHUB_ACTOR: 'dependabot[bot]', GITHUB_EVENT_NAME: 'push' },
    says: /started by Dependabot/,
  },
  {
    name: 'a fork',
    env: { GITHUB_ACTOR: 'mallory', GITHUB_EVENT_NAME: 'pull_request' },
    event: pullRequestFrom('mallory/octo-repo'),
    says: /comes from a fork, and its runs get no secrets.*head\.repo\.full_name == github\.repository/,
  },
  {
    name: 'a fork that is gone',
    env: { GITHUB_ACTOR: 'mallory', GITHUB_EVENT_NAME: 'pull_request' },
    event: pullRequestFrom(null),
    says: /comes from a fork/,
  },
  {
    name: 'somebody of the repository',
    env: { GITHUB_ACTOR: 'octocat', GITHUB_EVENT_NAME: 'pull_request' },
    event: pullRequestFrom('octo-org/octo-repo'),
    says: /`vars\.X` has to exist.*`secrets: inherit`.*an output of a job that was skipped/,
  },
  {
    name: 'a push',
    env: { GITHUB_ACTOR: 'octocat', GITHUB_EVENT_NAME: 'push' },
    says: /`vars\.X` has to exist/,
  },
];

/** What the organisation of the account forbids, how a run meets it, and what it then says. */
export interface Restriction {
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly command: 'plan' | 'apply';
  /** Parts of the message: the reason that AWS gave, and the advice that fits it. */
  readonly says: readonly RegExp[];
}

const DENIED_BY_ORGANISATION = {
  type: 'access-denied',
  policy: 'service control policy',
  explicit: true,
} as const;

export const RESTRICTIONS: readonly Restriction[] = [
  {
    name: 'a service control policy that lets nobody make keys',
    faults: [
      {
        match: { service: 'kms', action: 'CreateKey' },
        effect: DENIED_BY_ORGANISATION,
      },
    ],
    command: 'apply',
    says: [
      /not allowed to kms:CreateKey: a service control policy denies it/,
      /whoever administers the organisation has to change the service control policy/,
    ],
  },
  {
    name: 'a service control policy that closes a Region',
    faults: [
      {
        match: { service: 'kms', region: 'ap-southeast-1' },
        effect: DENIED_BY_ORGANISATION,
      },
    ],
    command: 'apply',
    says: [
      /a service control policy denies it/,
      /If it limits the Regions, take such a Region out of the inputs/,
    ],
  },
  {
    name: 'a state bucket whose role may not delete',
    faults: [{ match: { service: 's3', action: 'DeleteObject' }, effect: { type: 'access-denied' } }],
    command: 'plan',
    says: [
      /could not free its own lock of the state .*: the credentials are not allowed to s3:DeleteObject on it, as no identity-based policy allows it/,
      /every run leaves its lock behind, so have it granted first/,
      /aws s3 rm s3:\/\//,
    ],
  },
];
