/** The AWS configuration that a machine brings along: its files, its profiles, and what in them no AWS SDK could work with. */

import path from 'node:path';
import type { Environment } from '../runner/context.js';
import { ActionError } from '../errors.js';

/** Reads a text file; undefined where there is none. */
type ReadFile = (file: string) => string | undefined;

/** Variables that lead AWS's SDKs to other credentials than those in the environment. */
export const WAYS_TO_CREDENTIALS = [
  ...['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
  ...['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME'],
  ...['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'],
];

/** Those, and what else leads to files of the machine or sets what such a file would. */
const LEADS = [
  ...WAYS_TO_CREDENTIALS,
  ...['AWS_SDK_LOAD_CONFIG', 'AWS_STS_REGIONAL_ENDPOINTS', 'AWS_DEFAULTS_MODE', 'AWS_CREDENTIAL_FILE'],
];

/** What is wrong with a setting, and where it stands. */
export interface BadSetting {
  /** E.g. `AWS_RETRY_MODE`, or `retry_mode in [default] of /home/me/.aws/config`. */
  readonly place: string;
  readonly why: string;
}

/**
 * The environment for a run that has assumed a role: nothing of the machine's AWS configuration counts in it, as the role is
 * all that was asked for. What says how AWS is reached (endpoints, certificates, proxies) stays, as far as it can work.
 * @param emptyFile takes the place of both configuration files
 * @returns the variables to set; undefined for those to unset
 */
export function withoutMachineConfig(
  env: Environment,
  emptyFile: string,
  readFile: ReadFile,
): Readonly<Record<string, string | undefined>> {
  const bad = findBadVariables(env, readFile).map(({ place }) => place);
  const unset = [...LEADS, ...bad].filter((name) => env[name] !== undefined);
  return {
    ...Object.fromEntries(unset.map((name) => [name, undefined])),
    AWS_CONFIG_FILE: emptyFile,
    AWS_SHARED_CREDENTIALS_FILE: emptyFile,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Variables with values that an AWS SDK ends with. */
export function findBadVariables(env: Environment, readFile: ReadFile): BadSetting[] {
  return Object.entries(checksOf(readFile)).flatMap(([name, check]) => {
    const variable = `AWS_${name.toUpperCase()}`;
    return checkSetting(variable, env[variable], check);
  });
}

/** @returns what is wrong with a value, if anything */
type Check = (value: string) => string | undefined;

/** @param value what is empty is not set */
function checkSetting(place: string, value = '', check: Check): BadSetting[] {
  const why = value === '' ? undefined : check(value);
  return why === undefined ? [] : [{ place, why }];
}

/** By name in a file; the variable is `AWS_` and the same. Sources: AWS SDKs and Tools Reference Guide. */
function checksOf(readFile: ReadFile): Readonly<Record<string, Check>> {
  return {
    retry_mode: (value) =>
      /^(?:standard|adaptive)$/i.test(value) ? undefined : `${show(value)} is neither standard nor adaptive`,
    max_attempts: (value) =>
      /^[1-9]\d{0,5}$/.test(value) ? undefined : `${show(value)} is not a whole number from 1 on`,
    ca_bundle: (value) => checkFile(value, readFile),
  };
}

function checkFile(file: string, readFile: ReadFile): string | undefined {
  return readFile(file) === undefined ? `the file ${show(file)} cannot be read` : undefined;
}

function show(value: string): string {
  return JSON.stringify(value.slice(0, 200));
}

/**
 * Checks what a run without a role takes from the machine, before any SDK fails of it in words that name no place.
 * @throws ActionError that names each setting: its variable, or its file and profile
 */
export function refuseBadConfig(env: Environment, readFile: ReadFile): void {
  const files = readFiles(env, readFile);
  const bad = [...findBadVariables(env, readFile), ...findBadProfile(env, files, readFile)];
  if (bad.length === 0) return;
  throw new ActionError({
    what: `The AWS configuration of this machine cannot be used: ${bad.map(({ place, why }) => `${place}: ${why}`).join('; ')}.`,
    done: 'AWS was not called.',
    next: 'Correct it there, or set `role-to-assume`: a run with a role takes nothing from these files.',
  });
}

interface ConfigFile {
  readonly file: string;
  /** By the header, without brackets: `default`, `profile x`, `sso-session y`. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

interface ConfigFiles {
  readonly config: ConfigFile;
  readonly credentials: ConfigFile;
}

function readFiles(env: Environment, readFile: ReadFile): ConfigFiles {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const read = (variable: string, name: string): ConfigFile => {
    const named = env[variable] ?? '';
    const file = named === '' ? path.join(home, '.aws', name) : named;
    const text = named === '' && home === '' ? undefined : readFile(file);
    return { file, sections: parseSections(text ?? '') };
  };
  return {
    config: read('AWS_CONFIG_FILE', 'config'),
    credentials: read('AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
  };
}

/** Sections and their settings; what is indented belongs to the setting before it, and counts as none here. */
function parseSections(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]?.replace(/\s+/g, ' ').replace(/"/g, '');
    if (header !== undefined) {
      current = sections.get(header) ?? new Map();
      sections.set(header, current);
      continue;
    }
    const [, name, value] = /^([\w.-]+)\s*=\s*(.*?)(?:\s[#;].*)?\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) current?.set(name.toLowerCase(), value);
  }
  return sections;
}

/** A profile as it stands in one of the files. */
interface Profile {
  readonly name: string;
  /** `[profile x] of /home/me/.aws/config` */
  readonly where: string;
  readonly settings: ReadonlyMap<string, string>;
}

function profilesOf(name: string, { config, credentials }: ConfigFiles): Profile[] {
  const headers = name === 'default' ? ['default', 'profile default'] : [`profile ${name}`];
  const places = [...headers.map((header) => ({ ...config, header })), { ...credentials, header: name }];
  return places.flatMap(({ file, sections, header }) => {
    const settings = sections.get(header);
    return settings === undefined ? [] : [{ name, where: `[${header}] of ${file}`, settings }];
  });
}

function findBadProfile(env: Environment, files: ConfigFiles, readFile: ReadFile): BadSetting[] {
  const variable = (env['AWS_PROFILE'] ?? '') === '' ? 'AWS_DEFAULT_PROFILE' : 'AWS_PROFILE';
  const named = env[variable] || 'default';
  if (named !== 'default' && profilesOf(named, files).length === 0) {
    const { config, credentials } = files;
    const why = `neither ${config.file} nor ${credentials.file} has the profile ${show(named)}`;
    return [{ place: variable, why }];
  }
  // Terraform gets the credentials of the named one, and reads the settings of the default one.
  return [...new Set([named, 'default'])]
    .flatMap((name) => profilesOf(name, files))
    .flatMap((profile) => badSettingsOf(profile, files, readFile));
}

function badSettingsOf(profile: Profile, files: ConfigFiles, readFile: ReadFile): BadSetting[] {
  const { name, where, settings } = profile;
  const checks: Readonly<Record<string, Check>> = {
    ...checksOf(readFile),
    source_profile: (value) =>
      value === name || profilesOf(value, files).length > 0
        ? undefined
        : `there is no profile ${show(value)}`,
    sso_session: (value) =>
      files.config.sections.has(`sso-session ${value}`) ? undefined : `there is no [sso-session ${value}]`,
    web_identity_token_file: (value) => checkFile(value, readFile),
  };
  return Object.entries(checks).flatMap(([setting, check]) =>
    checkSetting(`${setting} in ${where}`, settings.get(setting), check),
  );
}
