/**
 * Where the Regions are, as AWS names them in its list of Regions and endpoints. For the reader's eye only: a Region that
 * is missing here is shown by its id alone.
 */
const PLACES: Readonly<Record<string, string>> = {
  'af-south-1': 'Cape Town',
  'ap-east-1': 'Hong Kong',
  'ap-east-2': 'Taipei',
  'ap-northeast-1': 'Tokyo',
  'ap-northeast-2': 'Seoul',
  'ap-northeast-3': 'Osaka',
  'ap-south-1': 'Mumbai',
  'ap-south-2': 'Hyderabad',
  'ap-southeast-1': 'Singapore',
  'ap-southeast-2': 'Sydney',
  'ap-southeast-3': 'Jakarta',
  'ap-southeast-4': 'Melbourne',
  'ap-southeast-5': 'Malaysia',
  'ap-southeast-6': 'New Zealand',
  'ap-southeast-7': 'Thailand',
  'ca-central-1': 'Canada Central',
  'ca-west-1': 'Calgary',
  'cn-north-1': 'Beijing',
  'cn-northwest-1': 'Ningxia',
  'eu-central-1': 'Frankfurt',
  'eu-central-2': 'Zurich',
  'eu-north-1': 'Stockholm',
  'eu-south-1': 'Milan',
  'eu-south-2': 'Spain',
  'eu-west-1': 'Ireland',
  'eu-west-2': 'London',
  'eu-west-3': 'Paris',
  'eusc-de-east-1': 'Brandenburg',
  'il-central-1': 'Tel Aviv',
  'me-central-1': 'UAE',
  'me-south-1': 'Bahrain',
  'mx-central-1': 'Mexico Central',
  'sa-east-1': 'São Paulo',
  'us-east-1': 'N. Virginia',
  'us-east-2': 'Ohio',
  'us-gov-east-1': 'GovCloud US-East',
  'us-gov-west-1': 'GovCloud US-West',
  'us-west-1': 'N. California',
  'us-west-2': 'Oregon',
};

/** The place of a Region, e.g. `Singapore`; undefined for one that is not known here. */
export function placeOf(region: string): string | undefined {
  return Object.hasOwn(PLACES, region) ? PLACES[region] : undefined;
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
