import semver from 'semver';

/**
 * How the keys of several Regions get their provider: by `aliases`, a process of the provider for each Region, or by
 * `region`, one process, and the Region named on each resource.
 */
export type ProviderMode = 'aliases' | 'region';

/** The first version of hashicorp/aws with `region` on its resources (its guide, "Enhanced Region Support"). */
const REGION_SINCE = '6.0.0';

/** The provider mode of an exact version. */
export function providerModeOf(version: string): ProviderMode {
  return semver.gte(version, REGION_SINCE) ? 'region' : 'aliases';
}

/**
 * The provider mode of whatever version a constraint chooses; undefined where its versions have both, so that only the
 * choice itself can tell.
 * @param constraint an exact version, or Terraform's constraint syntax
 */
export function onlyProviderModeOf(constraint: string): ProviderMode | undefined {
  if (isSince(constraint, REGION_SINCE)) return 'region';
  return semver.intersects(rangeOf(constraint), `>=${REGION_SINCE}`) ? undefined : 'aliases';
}

/** Whether every version that a constraint may choose is this one or a later one. */
export function isSince(constraint: string, version: string): boolean {
  return !semver.intersects(rangeOf(constraint), `<${version}`);
}

/** Terraform's constraint as a range of semver's, without its exclusions, which say nothing of where it begins or ends. */
function rangeOf(constraint: string): string {
  const parts = constraint.split(',').map((part) => {
    const [, operator = '', written = ''] = /^\s*(\D*?)\s*(\d\S*)\s*$/.exec(part) ?? [];
    const version = semver.coerce(written)?.version ?? '0.0.0';
    if (operator === '!=') return '';
    if (operator !== '~>') return `${operator}${version}`;
    // What is before the last part that is written stays: `~> 5.90.1` is before 5.91, `~> 5.90` before 6, `~> 5` any later one.
    return `${['>=', '^', '~'][written.split('.').length - 1] ?? '~'}${version}`;
  });
  return parts.join(' ').trim();
}
