import { partitionOf } from '../facts/regions.js';
import { Invalid, quote } from './parsers.js';

/** A key that exists, as the input names it. */
export interface ImportKey {
  /** What KMS is asked for: `mrk-…`, or an alias with `alias/`. */
  readonly name: string;
  /** Where the ARN says that it is; both undefined where the input is no ARN. */
  readonly region: string | undefined;
  readonly account: string | undefined;
}

const ALIAS = /^alias\/[a-zA-Z0-9/_-]{1,250}$/;

/**
 * Reads `import-key`. Only what the text itself tells is judged here; what KMS knows of the key comes later.
 * @param primaryRegion the one of the inputs, whose partition an ARN has to be in
 * @throws Invalid for what names no multi-Region key
 */
export function parseImportKey(primaryRegion: string): (text: string) => ImportKey {
  return (text) => {
    const given = text.trim();
    const [, partition, region, account, resource] =
      /^arn:([a-z-]+):kms:([a-z0-9-]+):(\d{12}):(.+)$/.exec(given) ?? [];
    const own = partitionOf(primaryRegion);
    if (partition !== undefined && own !== undefined && partition !== own) {
      throw new Invalid(
        `${quote(text)} is in the partition ${partition}, the Regions in ${own}, and a multi-Region key cannot leave its partition`,
      );
    }
    return { name: parseName(resource?.replace(/^key\//, '') ?? given, text), region, account };
  };
}

function parseName(name: string, text: string): string {
  if (/^mrk-[0-9a-f]{32}$/.test(name) || ALIAS.test(name)) return name;
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) {
    throw new Invalid(
      `${quote(text)} is a single-Region key, which can never become a multi-Region key: ids of those begin with "mrk-"`,
    );
  }
  throw new Invalid(`${quote(text)} is neither a key's id or ARN nor an alias with "alias/"`);
}
