/**
 * Replaces `$(NAME)` by what `lookup` knows; unknown names stay as they are, and `$$` is a plain `$` (so `$$(NAME)` is the text
 * `$(NAME)`).
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
    found === '$$' ? '$' : (lookup(name ?? '') ?? found),
  );
}
