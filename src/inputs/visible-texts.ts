/** What must stay readable in spite of the secrets: GitHub drops an output that contains a masked text. */

import { accountOfPrincipal } from '../policy/principals.js';
import type { Environment } from '../runner/context.js';
import { createRedactor } from '../runner/redaction.js';
import { secretsOf } from './backend-secrets.js';
import { quote } from './parsers.js';
import type { InputReader } from './reader.js';
import type { StepInputs } from './rules.js';

/** A text that later jobs decide by, or that people review. */
interface VisibleText {
  /** What it is, as it goes on after "is a part of". */
  readonly what: string;
  readonly text: string;
}

/** All that the outputs have in common, whatever the key. */
const WORDS = [
  'true false null No changes',
  '1 to import, 1 to move, 1 to forget, 1 to add, 1 to change, 1 to destroy',
  'planned no-changes applied refused not-approved locked failed cancelled drifted in-sync verified',
  'sha256: mrk- approved-plan',
].join(' ');

/** What the outputs will contain, as far as the inputs tell it before anything runs. */
export function visibleTexts(inputs: StepInputs, env: Environment): VisibleText[] {
  const { partition, alias, primaryRegion, replicaRegions } = inputs;
  const account = accountOfPrincipal({ type: 'AWS', value: inputs.roleToAssume ?? '' }) ?? '';
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

/** Notes each secret of the backend that could not be hidden without blanking an output, by its setting alone. */
export function refuseVisibleSecrets(reader: InputReader, inputs: StepInputs): void {
  const { backend } = inputs;
  if (backend === undefined) return;
  const texts = visibleTexts(inputs, reader.around.env);
  const told = new Set<string>();
  for (const { setting, secret } of secretsOf(backend.type, backend.config)) {
    const redactor = createRedactor();
    redactor.add(secret);
    const found = texts.find(({ text }) => redactor.isMasked(text));
    if (found === undefined || told.has(setting)) continue;
    told.add(setting);
    reader.problem(
      'backend-config',
      `the value of ${quote(setting)} is secret, and it is a part of ${found.what} too: hiding it would blank outputs, and GitHub would skip what depends on them. Use another value`,
    );
  }
}
