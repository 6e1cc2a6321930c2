export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The first of some names, each once, and how many more there are. */
export function nameSome(names: readonly string[], most: number): string {
  const distinct = [...new Set(names)];
  const more = distinct.length - most;
  return joinWords([...distinct.slice(0, most), ...(more > 0 ? [`${more} more`] : [])]);
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}
