import { joinWords } from '../phrases.js';
import { changesAnything } from '../plan/model.js';
import { follows, type PrimaryMove } from '../plan/move.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { nameOfAddress } from '../terraform/addresses.js';
import { stop, type Finding } from './finding.js';

/**
 * What a plan has beside the move: a move comes alone.
 * @param model the plan with the primary where it was; or, once AWS has moved it, the plan in which the state follows
 */
export function judgeMove(model: PlanModel, move: PrimaryMove, hasMoved: boolean): Finding[] {
  const others = model.resources
    .filter((change) => changesAnything(change) && !(hasMoved && follows(change, move)))
    .map((change) => nameChange(change, hasMoved ? move.to : move.from));
  const outputs = hasMoved ? [] : model.changedOutputs.map((name) => `change of the output ${name}`);
  const changes = [...others, ...outputs];
  if (changes.length === 0) return [];
  return [
    stop('move-not-alone', {
      reason: `A move of the primary comes alone, and this plan has other changes: ${joinWords(changes)}.`,
      wayOut: hasMoved
        ? `AWS has the primary in ${move.to} already, and the state is to follow first. Leave out of the inputs what makes these changes (\`aws-provider-version\` may be such a thing), and make them in a plan of their own after it.`
        : `Make these changes in a plan of their own first, with \`primary-region\` ${move.from} and without \`move-primary\`; or take them out of the inputs until the primary has moved.`,
    }),
  ];
}

const VERBS: Readonly<Partial<Record<ResourceChange['action'], string>>> = {
  create: 'creation',
  update: 'update',
  replace: 'replacement',
  delete: 'deletion',
  forget: 'removal from the state',
};

function nameChange(
  { address, action, attributes, importing, movedFrom }: ResourceChange,
  primaryRegion: string,
): string {
  const rare = importing !== undefined ? 'import' : movedFrom !== undefined ? 'new address' : 'change';
  const names = action === 'update' ? ` (${attributes.map(({ name }) => name).join(', ')})` : '';
  return `${VERBS[action] ?? rare} of the ${nameOfAddress(address, primaryRegion)}${names}`;
}
