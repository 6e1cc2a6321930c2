/**
 * A plan as it is kept in `__tests__/golden/plans`: without what differs from run to run, and without the copies of the state that
 * the model does not read.
 * @param plan what `terraform show -json` printed, parsed
 */
export function trimPlan(plan: Record<string, unknown>): Record<string, unknown> {
  const outputs = (plan['planned_values'] as { outputs?: unknown } | undefined)?.outputs;
  return {
    ...plan,
    prior_state: undefined,
    timestamp: undefined,
    planned_values: outputs === undefined ? {} : { outputs },
  };
}

/** The ids of keys counted: `mrk-111…` for the first, and so on. */
export function countIds(json: string): string {
  const ids = [...new Set(json.match(/mrk-[0-9a-f]{32}/g) ?? [])];
  return ids.reduce(
    (text, id, index) =>
      text.replaceAll(
        id,
        `mrk-${String(index + 1)
          .repeat(32)
          .slice(0, 32)}`,
      ),
    json,
  );
}
