import { XMLParser } from 'fast-xml-parser';
import type { HttpRequest } from '../../http.js';
import { isObject } from '../../json.js';
import { AwsError } from '../error.js';
import { readPayload } from './payload.js';

/**
 * Reads a request's XML.
 * @param root the name of its root element, whose content is given back
 * @throws AwsError MalformedXML, or what is wrong with the payload
 */
export async function readXml(
  request: HttpRequest,
  root: string,
): Promise<Readonly<Record<string, unknown>>> {
  const parser = new XMLParser({
    parseTagValue: false,
    trimValues: false,
    ignoreAttributes: true,
    processEntities: true,
  });
  let document: unknown;
  try {
    document = parser.parse((await readPayload(request)).body.toString());
  } catch (thrown: unknown) {
    if (thrown instanceof AwsError) throw thrown;
    throw malformedXml();
  }
  const content = isObject(document) ? document[root] : undefined;
  // An element without content is read as an empty text.
  if (typeof content === 'string' && content.trim() === '') return {};
  if (!isObject(content)) throw malformedXml();
  return content;
}

export function malformedXml(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}
