import { descriptionOf } from '../facts/regions.js';

/**
 * The place of a Region, e.g. `Singapore` of AWS's `Asia Pacific (Singapore)`; undefined for one that is not known here. Where
 * AWS names no place beside the area (`Canada (Central)`), it is both.
 */
export function placeOf(region: string): string | undefined {
  const description = descriptionOf(region);
  const place = /\((.+)\)$/.exec(description ?? '')?.[1];
  if (place !== undefined && !/^(Central|US-East|US-West)$/.test(place)) return place;
  return description?.replaceAll(/[()]/g, '');
}

/** By the first part of the id: the areas that a picture with many Regions groups them into. */
const AREAS: Readonly<Record<string, string>> = {
  af: 'Africa',
  ap: 'Asia Pacific',
  ca: 'Canada',
  cn: 'China',
  eu: 'Europe',
  eusc: 'European Sovereign Cloud',
  il: 'Israel',
  me: 'Middle East',
  mx: 'Mexico',
  sa: 'South America',
  us: 'United States',
};

/** The part of the world a Region is in, e.g. `Asia Pacific`. */
export function areaOf(region: string): string {
  const prefix = region.split('-')[0] ?? '';
  return (Object.hasOwn(AREAS, prefix) ? AREAS[prefix] : undefined) ?? 'Elsewhere';
}
