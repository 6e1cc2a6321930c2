import semver from 'semver';
import { Invalid, quote } from './parsers.js';

/** `-json` apply, `moved`, and variable validation as the bundled module uses them. */
export const OLDEST_TERRAFORM = '1.5.0';

/** `aws_kms_replica_key` came with 3.64.0 (the provider's changelog). */
const OLDEST_PROVIDER = '3.64.0';

/** Nobody knows yet what a provider from here on changes. */
const FIRST_UNKNOWN_PROVIDER = '7.0.0';

/** An exact Terraform version, or a version range as npm writes them. */
export function parseTerraformVersion(text: string): string {
  const wanted = text.trim().replace(/^v(?=\d)/, '');
  if (semver.valid(wanted) !== null) {
    if (semver.lt(wanted, OLDEST_TERRAFORM))
      throw new Invalid(`${quote(text)} is older than ${OLDEST_TERRAFORM}`);
    return wanted;
  }
  const range = semver.validRange(wanted.replace(/,/g, ' '));
  if (range === null) throw new Invalid(`${quote(text)} is neither a version nor a range`);
  if (!semver.intersects(range, `>=${OLDEST_TERRAFORM}`)) {
    throw new Invalid(`${quote(text)} allows only versions older than ${OLDEST_TERRAFORM}`);
  }
  return wanted.replace(/,/g, ' ');
}

const CONSTRAINT = /^\s*(=|!=|>=?|<=?|~>)?\s*(\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?)\s*$/;

/** An exact provider version, or Terraform's own constraint syntax with the oldest and newest usable versions added to it. */
export function parseProviderVersion(text: string): string {
  const wanted = text.trim().replace(/^v(?=\d)/, '');
  if (semver.valid(wanted) !== null) {
    if (semver.lt(wanted, OLDEST_PROVIDER)) {
      throw new Invalid(
        `${quote(text)} is older than ${OLDEST_PROVIDER}, the first version with replica keys`,
      );
    }
    if (semver.gte(wanted, FIRST_UNKNOWN_PROVIDER)) {
      throw new Invalid(`${quote(text)} cannot be used: this action knows the provider up to 6.x`);
    }
    return wanted;
  }
  const parts = wanted.split(',').map((part) => CONSTRAINT.exec(part));
  if (parts.some((part) => part === null))
    throw new Invalid(`${quote(text)} is neither a version nor a constraint`);
  return `${wanted}, >= ${OLDEST_PROVIDER}, < ${FIRST_UNKNOWN_PROVIDER}`;
}
