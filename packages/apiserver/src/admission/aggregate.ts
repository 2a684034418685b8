/** Joins several messages, dropping duplicates: `[a, b]`. Upstream: Aggregate. */
export function aggregateText(reasons: readonly string[]): string {
  const different = [...new Set(reasons)];
  return different.length === 1 ? (different[0] as string) : `[${different.join(', ')}]`;
}
