/** The settings without which a backend has no place for the state, and what they have to be. Pure. */

import { parseBucket, parseRegion, parseStateKey } from './aws-names.js';
import { isSettings } from './backend-config.js';
import type { Setting, Settings } from './backend-secrets.js';
import { Invalid, parseMatching, quote, type Parser } from './parsers.js';
import type { InputReader } from './reader.js';
import type { Given, InputSpec } from './table.js';

type BackendType = NonNullable<Given['backend']>;

interface Needed extends Required<Pick<InputSpec, 'rule' | 'example'>> {
  /** Throws `Invalid`; left out where any text is one. */
  readonly parse?: Parser<string>;
  /** The variables in which Terraform looks for it, too. */
  readonly variables?: readonly string[];
}

/** Azure's naming rules for storage accounts and blob containers. */
const STORAGE_ACCOUNT = /^[a-z0-9]{3,24}$/;
const CONTAINER = /^(?:\$root|\$web|(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9])$/;
/** Google Cloud's naming rules for buckets. */
const GOOGLE_BUCKET = /^(?=.{3,222}$)[a-z0-9](?:[a-z0-9._-]*[a-z0-9])$/;

/** Terraform checks the address of `http` in no other way. It may have a password in it, so it is not repeated. */
const parseAddress: Parser<string> = (text) => {
  if (!URL.canParse(text) || !/^https?:/i.test(text))
    throw new Invalid('its value is not an http or https URL');
  return text;
};

/**
 * What Terraform 1.11.4 asks for at `init` (tried with an empty block of each backend; consul crashes without its `path`),
 * and what the documentation of gcs and kubernetes calls required.
 */
const NEEDED: Partial<Record<BackendType, Readonly<Record<string, Needed>>>> = {
  azurerm: {
    storage_account_name: {
      rule: '3 to 24 lower-case letters and digits',
      example: 'acmestate',
      parse: parseMatching(STORAGE_ACCOUNT, 'is not the name of a storage account', /[^a-z0-9]/u),
    },
    container_name: {
      rule: '3 to 63 lower-case letters, digits and single "-"',
      example: 'tfstate',
      parse: parseMatching(CONTAINER, 'is not the name of a container', /[^a-z0-9$-]/u),
    },
    key: { rule: 'the name of the blob', example: 'kms/aws_cb_cmk.tfstate' },
  },
  consul: { path: { rule: 'the path in the key-value store', example: 'kms/aws_cb_cmk' } },
  cos: {
    bucket: { rule: 'the name of the bucket', example: 'acme-state-1250000000' },
    region: { rule: 'its region', example: 'ap-guangzhou', variables: ['TENCENTCLOUD_REGION'] },
  },
  gcs: {
    bucket: {
      rule: '3 to 222 lower-case letters, digits, "-", "_" and "."',
      example: 'acme-terraform-state',
      parse: parseMatching(GOOGLE_BUCKET, 'is not the name of a bucket', /[^a-z0-9._-]/u),
    },
  },
  http: {
    address: {
      rule: 'an http or https URL',
      example: 'https://state.example.com/kms/aws_cb_cmk',
      parse: parseAddress,
      variables: ['TF_HTTP_ADDRESS'],
    },
  },
  kubernetes: { secret_suffix: { rule: 'the end of the names of its secrets', example: 'aws-cb-cmk' } },
  oss: { bucket: { rule: 'the name of the bucket', example: 'acme-terraform-state' } },
  s3: {
    bucket: { rule: 'the name of an S3 bucket', example: 'acme-terraform-state', parse: parseBucket },
    key: { rule: 'an object name', example: 'kms/aws_cb_cmk.tfstate', parse: parseStateKey },
    region: {
      rule: 'the Region id of the bucket',
      example: 'eu-central-1',
      parse: parseRegion,
      variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    },
  },
};

/**
 * Notes what is wrong with the settings of a backend that Terraform cannot do without, and what was left empty, as it is
 * where an expression of the workflow has no value.
 * @param type undefined where inputs of their own say all that the backend needs
 */
export function checkSettings(reader: InputReader, type: BackendType | undefined, config: Settings): void {
  const needed = type === undefined ? {} : (NEEDED[type] ?? {});
  for (const [name, each] of Object.entries(needed)) {
    const { variables = [] } = each;
    const value = Object.hasOwn(config, name) ? config[name] : undefined;
    const isElsewhere = variables.some((variable) => (reader.around.env[variable] ?? '').trim() !== '');
    if (value === undefined && isElsewhere) continue;
    const orBy = variables.length === 0 ? '' : ` (or ${variables.join(', ')} in the environment)`;
    const why = whyNot(value, each.parse, `the backend ${type ?? ''} needs it${orBy}`);
    const spec = { rule: each.rule, example: `${name}=${each.example}` };
    if (why !== undefined) reader.problem('backend-config', `${quote(name)}${why}`, spec);
  }
  for (const name of emptyOf(config).filter((each) => !Object.hasOwn(needed, each)))
    reader.problem('backend-config', `${quote(name)} has no value: give it one, or leave the line out`);
}

function whyNot(value: Setting | undefined, parse: Needed['parse'], who: string): string | undefined {
  if (value === undefined) return ` is missing, and ${who}`;
  if (value === '') return ` has no value, and ${who}`;
  if (typeof value !== 'string') return ' is no text';
  try {
    parse?.(value);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Invalid) return `: ${thrown.message}`;
    throw thrown;
  }
}

/** The paths of the settings whose value is an empty text, at any depth of objects. */
function emptyOf(settings: Settings, path = ''): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === '') return [`${path}${name}`];
    return isSettings(value) ? emptyOf(value, `${path}${name}.`) : [];
  });
}
