import { mayBeSecret } from './backend-secrets.js';
import { Invalid, isObject, quote, type Parser } from './parsers.js';
import type { Setting, Settings } from './settings.js';

/** Settings whose JSON is meant for others than Terraform, which wants it as text: a service account's key, a policy. */
const TEXT = new Set(['credentials', 'policy']);

/**
 * Reads `backend-config`: `name=value` lines. `a.b=value` is the setting `b` in the object `a`; a value that is a JSON
 * object or array is one. All other values are text, which Terraform makes numbers and booleans of where it wants them.
 * @throws Invalid that names the line or the setting and repeats no value
 */
export const parseBackendConfig: Parser<Settings> = (text) => {
  let settings: Settings = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    const path = line.slice(0, Math.max(at, 0)).trim().split('.');
    if (!path.every((name) => /^[\w-]+$/.test(name))) throw new Invalid(`line ${index + 1} is not key=value`);
    const value = readValue(path.at(-1) ?? '', line.slice(at + 1).trim());
    settings = merge(settings, nest(path, value));
  }
  return settings;
};

function readValue(name: string, text: string): Setting {
  if (TEXT.has(name) || !/^[{[]/.test(text)) return text;
  try {
    return JSON.parse(text) as Setting;
  } catch {
    // A password may begin with a bracket; the parser's own message would repeat a part of it.
    if (mayBeSecret(name)) return text;
    throw new Invalid(`the value of ${quote(name)} begins as JSON does, and is none`);
  }
}

function nest(path: readonly string[], value: Setting): Settings {
  const [name = '', ...inner] = path;
  return { [name]: inner.length === 0 ? value : nest(inner, value) };
}

/** Objects that are set in several lines become one; anything else must not be set twice. */
function merge(settings: Settings, added: Settings): Settings {
  return Object.entries(added).reduce((all, [name, value]) => {
    if (!Object.hasOwn(all, name)) return { ...all, [name]: value };
    const before = all[name];
    if (!isSettings(before) || !isSettings(value)) throw new Invalid(`${quote(name)} is set twice`);
    return { ...all, [name]: merge(before, value) };
  }, settings);
}

function isSettings(value: Setting | undefined): value is Settings {
  return isObject(value);
}
