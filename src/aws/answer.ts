/** The number that the SDK keeps beside an error or a result. */
function metadataOf(thrown: unknown, name: string): number | undefined {
  const metadata: unknown = thrown instanceof Error ? Reflect.get(thrown, '$metadata') : undefined;
  const value: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** The HTTP status of the answer that an error stands for; undefined where AWS gave none. */
export function httpStatusOf(thrown: unknown): number | undefined {
  return metadataOf(thrown, 'httpStatusCode');
}

/** How often the SDK made the call by itself. */
export function attemptsOf(thrown: unknown): number | undefined {
  return metadataOf(thrown, 'attempts');
}
