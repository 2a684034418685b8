/** One difference between the answers. */
export interface Difference {
  /** The kind of work and the number of the case: `writes:17`. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** The request, for the reader. */
  readonly sent: string;
  /** Status codes: ours, theirs. */
  readonly codes: readonly [number, number];
  /** The place in the answer: `/spec/ports/0/name`; `code` for the status code. */
  readonly where: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** The paths at which two values differ. */
export function differencesOf(
  ours: unknown,
  theirs: unknown,
  at = '',
): Pick<Difference, 'where' | 'ours' | 'theirs'>[] {
  if (Object.is(ours, theirs)) return [];
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    if (ours.every(isText) && theirs.every(isText)) return setDifferences(ours, theirs, at);
    const length = Math.max(ours.length, theirs.length);
    return Array.from({ length }, (_, i) => differencesOf(ours[i], theirs[i], `${at}/${i}`)).flat();
  }
  if (isObject(ours) && isObject(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...keys].flatMap((key) => differencesOf(ours[key], theirs[key], `${at}/${key}`));
  }
  return [{ where: at, ours, theirs }];
}

/** Differences of lists of strings: items that only one has, else a different order. */
function setDifferences(ours: readonly string[], theirs: readonly string[], at: string) {
  const onlyOurs = ours.filter((one) => !theirs.includes(one));
  const onlyTheirs = theirs.filter((one) => !ours.includes(one));
  if (onlyOurs.length === 0 && onlyTheirs.length === 0)
    return ours.join('\n') === theirs.join('\n') ? [] : [{ where: at, ours, theirs }];
  const length = Math.max(onlyOurs.length, onlyTheirs.length);
  return Array.from({ length }, (_, i) => ({ where: `${at}/*`, ours: onlyOurs[i], theirs: onlyTheirs[i] }));
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
