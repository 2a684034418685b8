/** The part of a long list that is on the screen, in rows, with some above and below so that scrolling shows no gaps. */
export function visibleRange(
  { scrolled, height, count }: { scrolled: number; height: number; count: number },
  { rowHeight, spare = 8 }: { rowHeight: number; spare?: number },
): { first: number; end: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrolled / rowHeight) - spare));
  const end = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + spare);
  return { first, end: Math.max(first, end) };
}
