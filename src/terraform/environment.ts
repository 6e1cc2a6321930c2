export interface ChildEnvironmentOptions {
  /** The environment of this action. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The only CLI configuration that counts; undefined to name none. */
  readonly cliConfigFile: string | undefined;
  /** The type of the backend whose variables count. */
  readonly backend: string | undefined;
  /** AWS credentials and other settings for the child alone; they win. */
  readonly extra: Readonly<Record<string, string>>;
}

/** In the folder of a run: the only CLI configuration that its Terraform reads. */
export const CLI_CONFIG_FILE = 'cli-config.tfrc';

/** What belongs to the runner, its files, its token and other actions; nothing among it is for Terraform. */
const OF_RUNNER = /^(?:GITHUB|ACTIONS|INPUT|GH|RUNNER|STATE)_/;

/**
 * Of Terraform's own variables, those that say how it goes about its calls. All others change what it does, with which
 * plug-ins (TF_REATTACH_PROVIDERS), or where, behind the back of what was reviewed; new ones of that kind are unknown here.
 */
const OF_TERRAFORM =
  /^TF_(?:REGISTRY_(?:DISCOVERY_RETRY|CLIENT_TIMEOUT)|PROVIDER_DOWNLOAD_RETRY|APPEND_USER_AGENT)$/;

/** The variables by which Terraform's backends take settings (their documentation); each is for its own backend. */
const OF_BACKENDS: Readonly<Record<string, RegExp>> = {
  azurerm: /^(?:ARM|AZURE)_/,
  consul: /^CONSUL_/,
  cos: /^TENCENTCLOUD_/,
  gcs: /^(?:GOOGLE|GCLOUD|CLOUDSDK)_/,
  http: /^TF_HTTP_/,
  kubernetes: /^(?:KUBE|KUBECONFIG$)/,
  oci: /^OCI_/,
  oss: /^(?:ALICLOUD|ALIBABA_CLOUD)_/,
  pg: /^PG/,
};

/** What is named as a secret is, and is neither AWS's nor of the backend in use: somebody else's. */
const FOREIGN_SECRET =
  /(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|CREDENTIALS?|AUTH|PAT)$/;

/**
 * The environment of the Terraform child: the user's own (paths, proxies, certificates, AWS's and the backend's settings),
 * without what belongs to the runner, without switches that would change the run, and without other people's secrets.
 * On Windows names have no case, so none counts anywhere.
 */
export function childEnvironment({
  env,
  cliConfigFile,
  backend,
  extra,
}: ChildEnvironmentOptions): Record<string, string> {
  const made: Record<string, string> = {
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
    ...(cliConfigFile === undefined ? {} : { TF_CLI_CONFIG_FILE: cliConfigFile }),
    ...extra,
  };
  const ours = new Set(Object.keys(made).map((name) => name.toUpperCase()));
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !ours.has(entry[0].toUpperCase()) && isKept(entry[0].toUpperCase(), backend),
  );
  return { ...Object.fromEntries(kept), ...made };
}

function isKept(name: string, backend: string | undefined): boolean {
  if (OF_RUNNER.test(name) || name === 'TERRAFORM_CONFIG') return false;
  const users = Object.keys(OF_BACKENDS).filter((type) => OF_BACKENDS[type]?.test(name) === true);
  if (users.length > 0) return backend !== undefined && users.includes(backend);
  if (name.startsWith('TF_')) return OF_TERRAFORM.test(name);
  return name.startsWith('AWS_') || !FOREIGN_SECRET.test(name);
}
