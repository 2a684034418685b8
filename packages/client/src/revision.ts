/** Whether revision `a` is `b` or came after it. Revisions are decimal numbers without leading zeros; "" is before all others. */
export function isAtLeast(a: string, b: string): boolean {
  return a.length === b.length ? a >= b : a.length > b.length;
}
