import { ActionError } from '../errors.js';

/**
 * What `terraform show -json` printed, parsed.
 * @param of what was to be shown, for the message
 * @throws ActionError when it is not JSON
 */
export function parseShowOutput(text: string, of: 'plan' | 'state'): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ActionError(
      {
        what: `terraform show printed a ${of} that is not JSON.`,
        done: 'Nothing was changed.',
        next: 'Run again; if it happens again, report it with the Terraform version.',
      },
      { cause },
    );
  }
}
