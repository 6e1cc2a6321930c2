import semver from 'semver';
import { oldestVersion } from '../facts/regions.js';

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
  if (providerModeOf(oldestVersion(constraint)) === 'region') return 'region';
  return constraint.split(',').some(endsBefore6) ? 'aliases' : undefined;
}

/** Whether one part of a constraint rules out 6.0.0 and everything after it. */
function endsBefore6(part: string): boolean {
  const [, operator = '', written = ''] = /^\s*(\D*?)\s*(\d[^\s]*)\s*$/.exec(part) ?? [];
  const version = semver.coerce(written);
  if (version === null) return false;
  switch (operator) {
    case '<':
      return semver.lte(version, REGION_SINCE);
    case '':
    case '=':
    case '<=':
      return semver.lt(version, REGION_SINCE);
    case '~>':
      // `~> 5.90` and `~> 5.90.1` stay below 6; `~> 5` has nothing before its last part that would have to stay.
      return written.includes('.') && semver.lt(version, REGION_SINCE);
    default:
      return false;
  }
}
