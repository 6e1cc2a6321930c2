/** What to do to save a key that is pending deletion, to go on after `run` or `then`: the commands, or where to do it. */
export function sayCancelDeletion(region: string | undefined, keyId: string): string {
  const commands = cancelDeletionCommands(region ?? '', keyId);
  return commands === undefined
    ? 'cancel its deletion and enable it in the KMS console'
    : `run ${commands.map((command) => `\`${command}\``).join(' and ')}`;
}

/**
 * The commands that save a key which is pending deletion, to be run one after the other, for a shell.
 * @returns undefined where the id or the Region is not what it should be: the commands will be pasted into a shell
 */
export function cancelDeletionCommands(region: string, keyId: string): readonly [string, string] | undefined {
  const plain =
    /^[a-z]{2,5}(?:-[a-z]+)+-\d$/.test(region) && /^(?:mrk-[0-9a-f]{32}|[0-9a-f-]{36})$/.test(keyId);
  if (!plain) return undefined;
  const target = `--region ${region} --key-id ${keyId}`;
  return [`aws kms cancel-key-deletion ${target}`, `aws kms enable-key ${target}`];
}
