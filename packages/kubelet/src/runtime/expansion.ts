/**
 * Replaces `$(NAME)` by the result of `lookup`; unknown names stay as they are, and `$$` is an escaped `$` (so
 * `$$(NAME)` yields `$(NAME)`).
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
    found === '$$' ? '$' : (lookup(name ?? '') ?? found),
  );
}
