/** Texts that a run wrote, in the form in which golden files keep them. */

/** The day on which every golden text was written. */
const THE_DAY = Date.UTC(2026, 10, 26);
const DAY_MS = 86_400_000;

/**
 * A text of today as it would have been written on 2026-11-26, so that its days can be compared: 30 days from now is 2026-12-26.
 * @param now when it was written, in milliseconds since the epoch
 */
export function asOnThatDay(text: string, now: number): string {
  const today = Math.floor(now / DAY_MS);
  return text.replaceAll(/\b20\d\d-\d\d-\d\d\b/g, (day) => {
    const distance = Math.floor(Date.parse(day) / DAY_MS) - today;
    // Any other is a day of a recording.
    return Math.abs(distance) > 60 ? day : new Date(THE_DAY + distance * DAY_MS).toISOString().slice(0, 10);
  });
}

/** A report without what it hides or folds away. */
export function withoutFolds(markdown: string): string {
  return markdown
    .replaceAll(/(<\/summary>)[\s\S]*?(<\/details>)/g, '$1 … $2')
    .replaceAll(/(<!-- aws-kms-multi-region-key:approval).*? -->/g, '$1 … -->');
}
