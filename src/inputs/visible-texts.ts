import { createRedactor } from '../runner/redaction.js';
import { secretsOf } from './backend-secrets.js';
import type { BackendSettings } from './settings.js';

/** A text that must stay readable, since later jobs decide by it or people review it. */
export interface VisibleText {
  /** What it is, as it goes on after "is a part of". */
  readonly what: string;
  readonly text: string;
}

/** What the inputs tell of the outputs before anything runs. */
interface Known {
  readonly alias: string;
  readonly primaryRegion: string;
  readonly replicaRegions: readonly string[];
  readonly partition: string;
  readonly roleToAssume: string | undefined;
  readonly allowedAccountIds: readonly string[];
  readonly accountIds: readonly string[];
  readonly commentKey: string;
  readonly terraformVersion: string;
  readonly awsProviderVersion: string;
}

/** All that the outputs have in common, whatever the key. */
const WORDS = [
  'true false null No changes',
  '1 to import, 1 to move, 1 to forget, 1 to add, 1 to change, 1 to destroy',
  'planned no-changes applied refused not-approved locked failed cancelled drifted in-sync verified',
  'sha256: mrk- approved-plan',
].join(' ');

/** What the outputs will contain, as far as the inputs tell it: GitHub drops an output that contains a masked text. */
export function visibleTexts(
  inputs: Known,
  env: Readonly<Record<string, string | undefined>>,
): VisibleText[] {
  const { partition, alias, primaryRegion, replicaRegions } = inputs;
  const account = /^arn:[^:]*:iam::(\d{12}):/.exec(inputs.roleToAssume ?? '')?.[1] ?? '';
  const arns = [primaryRegion, ...replicaRegions].map(
    (region) => `{"${region}":"arn:${partition}:kms:${region}:${account}:key/mrk-"}`,
  );
  const files = ['run-/plan.json', 'run-/plan.txt', 'run-/errored.tfstate', 'report-/.kms-report.md'];
  const paths = files.map((file) => `${env['RUNNER_TEMP'] ?? '/tmp'}/aws-kms-multi-region-key/${file}`);
  const comment = `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${env['GITHUB_REPOSITORY'] ?? ''}/pull/1#issuecomment-1`;
  const texts: VisibleText[] = [
    { what: 'the words of the outputs', text: WORDS },
    { what: 'the alias', text: `arn:${partition}:kms:alias/${alias}` },
    { what: 'the comment-key', text: inputs.commentKey },
    { what: 'the ARNs of the keys', text: arns.join(' ') },
    { what: 'an account id', text: [...inputs.allowedAccountIds, ...inputs.accountIds].join(' ') },
    { what: 'a version', text: `${inputs.terraformVersion} ${inputs.awsProviderVersion}` },
    { what: 'the paths of the outputs', text: paths.join(' ') },
    { what: 'the address of the comment', text: comment },
  ];
  return texts.filter(({ text }) => text !== '');
}

/**
 * The secrets of the backend that could not be hidden without blanking an output.
 * @returns the setting, and what it is a part of; never the value
 */
export function findVisibleSecrets(
  { type, config }: BackendSettings,
  texts: readonly VisibleText[],
): { readonly setting: string; readonly what: string }[] {
  return secretsOf(type, config).flatMap(({ setting, secret }) => {
    const redactor = createRedactor();
    redactor.add(secret);
    const found = texts.find(({ text }) => redactor.isMasked(text));
    return found === undefined ? [] : [{ setting, what: found.what }];
  });
}
