/** So many characters go out as they are; past that each text is cut. */
const mostCharacters = 4096;
const mostOfCut = 256;

/**
 * The Warning headers of a response (RFC 7234), under upstream's limits: when there is too much to tell, each warning
 * is cut, and the last ones are left out. Texts with control characters, which no header may have, are not told.
 */
export function warningLines(texts: Iterable<string>): string[] {
  const whole = told([...texts], { atMost: Number.POSITIVE_INFINITY, isCut: false });
  if (whole.characters <= mostCharacters) return whole.lines;
  return told([...texts], { atMost: mostCharacters, isCut: true }).lines;
}

function told(texts: readonly string[], { atMost, isCut }: { atMost: number; isCut: boolean }) {
  const lines: string[] = [];
  let characters = 0;
  for (const text of texts) {
    if (characters >= atMost) break;
    const all = [...text];
    const shown = isCut ? all.slice(0, mostOfCut) : all;
    const said = shown.join('');
    if (said === '' || /\p{Cc}/u.test(said)) continue;
    characters += shown.length;
    lines.push(`299 - "${said.replace(/[\\"]/g, '\\$&')}"`);
  }
  return { lines, characters };
}
