export interface ChildEnvironmentOptions {
  /** The environment of this action. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a file is there; a CLI configuration that is not would only make Terraform warn at every command. */
  readonly fileExists: (file: string) => boolean;
  /** AWS credentials and other settings for the child alone; they win. */
  readonly extra: Readonly<Record<string, string>>;
}

/** Variables of the user's that would change what Terraform does or prints behind the action's back. */
const TERRAFORM_OVERRIDES =
  /^TF_(VAR_|CLI_ARGS|LOG|WORKSPACE$|DATA_DIR$|INPUT$|IN_AUTOMATION$|REATTACH_PROVIDERS$|STATE_PERSIST_INTERVAL$)/;

/** What belongs to the runner and its token, and is no business of Terraform's or a provider's. */
const RUNNER_SECRETS = /^(INPUT_|ACTIONS_|GITHUB_TOKEN$|GH_TOKEN$)/i;

/**
 * The environment of the Terraform child: the user's own (proxies, certificates, plug-in cache, a CLI configuration),
 * without the runner's secrets and without variables that would change the run.
 */
export function childEnvironment({
  env,
  fileExists,
  extra,
}: ChildEnvironmentOptions): Record<string, string> {
  const isKept = ([name, value]: [string, string | undefined]): boolean =>
    value !== undefined &&
    !TERRAFORM_OVERRIDES.test(name) &&
    !RUNNER_SECRETS.test(name) &&
    !(name === 'TF_CLI_CONFIG_FILE' && !fileExists(value));
  const kept = Object.entries(env).filter((entry): entry is [string, string] => isKept(entry));
  return {
    ...Object.fromEntries(kept),
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
    ...extra,
  };
}
