import { AwsError } from '../error.js';
import { isObject } from '../../json.js';

/** A field of a request, with the limits that KMS's API model puts on it. */
export type Field =
  | { readonly kind: 'string'; readonly required: boolean; readonly limits: StringLimits }
  | { readonly kind: 'integer'; readonly required: boolean; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean'; readonly required: boolean }
  | { readonly kind: 'blob'; readonly required: boolean; readonly min: number; readonly max: number }
  | { readonly kind: 'strings'; readonly required: boolean; readonly limits: StringLimits }
  | { readonly kind: 'map'; readonly required: boolean }
  | { readonly kind: 'objects'; readonly required: boolean };

export interface StringLimits {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly values?: readonly string[];
}

interface Kinds {
  string: string;
  integer: number;
  boolean: boolean;
  blob: Buffer;
  strings: readonly string[];
  map: Readonly<Record<string, string>>;
  objects: readonly Readonly<Record<string, unknown>>[];
}

/** The input that a table of fields describes: required ones are there, the others may be undefined. */
export type Input<Fields extends Readonly<Record<string, Field>>> = {
  readonly [Name in keyof Fields]: Fields[Name] extends { readonly required: true }
    ? Kinds[Fields[Name]['kind']]
    : Kinds[Fields[Name]['kind']] | undefined;
};

type Optional<Kind extends Field['kind']> = Extract<Field, { kind: Kind }> & { readonly required: false };
type Required<Kind extends Field['kind']> = Extract<Field, { kind: Kind }> & { readonly required: true };

export const text = (limits: StringLimits = {}): Optional<'string'> => ({
  kind: 'string',
  required: false,
  limits,
});
export const integer = (min: number, max: number): Optional<'integer'> => ({
  kind: 'integer',
  required: false,
  min,
  max,
});
export const boolean = (): Optional<'boolean'> => ({ kind: 'boolean', required: false });
export const blob = (min: number, max: number): Optional<'blob'> => ({
  kind: 'blob',
  required: false,
  min,
  max,
});
export const texts = (limits: StringLimits = {}): Optional<'strings'> => ({
  kind: 'strings',
  required: false,
  limits,
});
export const map = (): Optional<'map'> => ({ kind: 'map', required: false });
export const objects = (): Optional<'objects'> => ({ kind: 'objects', required: false });

/** The same field, but one that a request can't do without. */
export function required<Kind extends Field['kind']>(field: Optional<Kind>): Required<Kind> {
  return { ...field, required: true } as unknown as Required<Kind>;
}

/**
 * Reads a request's JSON by a table of fields. Fields that the table has not are ignored, as AWS does.
 * @throws AwsError SerializationException for a wrong JSON type, ValidationException naming every broken limit
 */
export function readInput<Fields extends Readonly<Record<string, Field>>>(
  body: Readonly<Record<string, unknown>>,
  fields: Fields,
): Input<Fields> {
  const problems: string[] = [];
  const values = Object.entries(fields).map(([name, field]) => {
    const given = body[name];
    if (given === undefined || given === null) {
      if (field.required)
        problems.push(`Value null at '${memberName(name)}' ${FAILED}Member must not be null`);
      return [name, undefined] as const;
    }
    const value = convert(field, given);
    problems.push(...brokenLimits(field, name, value));
    return [name, value] as const;
  });
  if (problems.length > 0) throw validationError(problems);
  return Object.fromEntries(values) as Input<Fields>;
}

const FAILED = 'failed to satisfy constraint: ';

/** AWS's common form for one or more broken limits. */
export function validationError(problems: readonly string[]): AwsError {
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`;
  return new AwsError('ValidationException', `${count}: ${problems.join('; ')}`);
}

/** One broken limit in AWS's words. */
export function brokenLimit(name: string, value: string | number, rule: string): string {
  return `Value '${value}' at '${memberName(name)}' ${FAILED}${rule}`;
}

function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function convert(field: Field, given: unknown): unknown {
  const { accepts, name } = JSON_TYPES[field.kind];
  if (!accepts(given)) return wrongType(name);
  return field.kind === 'blob' ? decodeBase64(given as string) : given;
}

/** What JSON each kind of field is written as, and AWS's word for it. */
const JSON_TYPES: Readonly<Record<Field['kind'], { accepts: (given: unknown) => boolean; name: string }>> = {
  string: { accepts: isString, name: 'STRING' },
  integer: { accepts: Number.isInteger, name: 'INTEGER' },
  boolean: { accepts: (given) => typeof given === 'boolean', name: 'BOOLEAN' },
  blob: { accepts: isString, name: 'BLOB' },
  strings: { accepts: (given) => isListOf(given, isString), name: 'LIST' },
  map: { accepts: (given) => isObject(given) && Object.values(given).every(isString), name: 'MAP' },
  objects: { accepts: (given) => isListOf(given, isObject), name: 'LIST' },
};

function isString(given: unknown): boolean {
  return typeof given === 'string';
}

function isListOf(given: unknown, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(given) && given.every(accepts);
}

function wrongType(kind: string): never {
  throw new AwsError('SerializationException', `Unexpected value type in payload, expected ${kind}`);
}

function decodeBase64(given: string): Buffer {
  const bytes = Buffer.from(given, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== given.replace(/=+$/, '')) return wrongType('BLOB');
  return bytes;
}

function brokenLimits(field: Field, name: string, value: unknown): string[] {
  if (field.kind === 'string') return brokenText(field.limits, name, value);
  if (field.kind === 'strings')
    return (value as string[]).flatMap((item, at) =>
      brokenText(field.limits, `${name}.${at + 1}.member`, item),
    );
  if (field.kind === 'integer') return brokenRange(field, name, value as number);
  if (field.kind === 'blob') return brokenLength(field, name, value as Buffer);
  return [];
}

/** The limits that a text breaks, in AWS's words; what is no text is left to others. */
export function brokenText(limits: StringLimits, name: string, value: unknown): string[] {
  if (typeof value !== 'string') return [];
  const broken: string[] = [];
  const { min = 0, max = Infinity, pattern, values } = limits;
  if (value.length < min) broken.push(`Member must have length greater than or equal to ${min}`);
  if (value.length > max) broken.push(`Member must have length less than or equal to ${max}`);
  if (pattern !== undefined && !pattern.test(value))
    broken.push(`Member must satisfy regular expression pattern: ${pattern.source}`);
  if (values !== undefined && !values.includes(value))
    broken.push(`Member must satisfy enum value set: [${values.join(', ')}]`);
  return broken.map((rule) => brokenLimit(name, value, rule));
}

function brokenRange(field: { min: number; max: number }, name: string, value: number): string[] {
  if (value < field.min)
    return [brokenLimit(name, value, `Member must have value greater than or equal to ${field.min}`)];
  if (value > field.max)
    return [brokenLimit(name, value, `Member must have value less than or equal to ${field.max}`)];
  return [];
}

/** The value of a blob may be plaintext, so that only its limits are named. */
function brokenLength(field: { min: number; max: number }, name: string, value: Buffer): string[] {
  const hidden = '***Sensitive***';
  if (value.length < field.min)
    return [brokenLimit(name, hidden, `Member must have length greater than or equal to ${field.min}`)];
  if (value.length > field.max)
    return [brokenLimit(name, hidden, `Member must have length less than or equal to ${field.max}`)];
  return [];
}
