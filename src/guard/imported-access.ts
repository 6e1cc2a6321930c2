import { diffAccess, isGain } from '../plan/access.js';
import { isKey } from '../plan/model.js';
import type { PlanModel } from '../plan/types.js';
import { nameKeys } from './messages.js';
import { nameSome } from '../phrases.js';
import { type Finding, stop, warn } from './finding.js';

/** At most this many principals are named in a sentence; the report has all of them. */
const MOST_NAMED = 10;

/**
 * Who loses access because an imported key gets the policy of the inputs. Whoever wrote those inputs may never have read the
 * policy that goes: so a reviewer is warned, and a run whose plan nobody reviews is stopped (docs/decisions/import.md).
 * @param isUnreviewed whether `apply` goes on without anybody's having seen the plan
 */
export function judgeImportedAccess(model: PlanModel, isUnreviewed: boolean): Finding[] {
  const imported = model.resources.filter((change) => isKey(change) && change.importing !== undefined);
  const lost = diffAccess({ ...model, resources: imported }).filter((change) => !isGain(change));
  if (lost.length === 0) return [];
  const keys = imported.filter(({ region = '' }) =>
    lost.some(({ regions }) => regions === 'all' || regions.includes(region)),
  );
  const names = lost.map(({ principal }) => principal);
  const who = nameSome(names, MOST_NAMED);
  const reason = `By the import of ${nameKeys(keys)} access is lost, as the key policy becomes that of the inputs: ${who}.`;
  const keep =
    'Name whoever still needs the key in `users`, `administrators` or `account-ids`, or give the whole `policy`.';
  if (!isUnreviewed) return [warn('import-takes-access', { reason, wayOut: keep }, keys)];
  const wayOut = `${keep} If they are to lose it, have the plan reviewed: \`approved-plan\` in place of \`auto-approve\`.`;
  return [stop('import-takes-access', { reason, wayOut }, keys)];
}
