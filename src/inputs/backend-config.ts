import { mayBeSecret, type Setting, type Settings } from './backend-secrets.js';
import { assignmentsIn, Invalid, quote } from './parsers.js';

/** Settings whose JSON is meant for others than Terraform, which wants it as text: a service account's key, a policy. */
const TEXT = new Set(['credentials', 'policy']);

/**
 * Reads `backend-config`: `name=value` lines. `a.b=value` is the setting `b` in the object `a`; a value that is a JSON
 * object or array is one. All other values are text, which Terraform makes numbers and booleans of where it wants them.
 * @throws Invalid that names the line or the setting and repeats no value
 */
export function parseBackendConfig(text: string): Settings {
  let settings: Settings = {};
  for (const { line, name, value } of assignmentsIn(text)) {
    const path = name.split('.');
    if (!path.every((each) => /^[\w-]+$/.test(each))) throw new Invalid(`line ${line} is not key=value`);
    settings = merge(settings, nest(path, readValue(path.at(-1) ?? '', value)));
  }
  return settings;
}

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

export function isSettings(value: Setting | undefined): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
