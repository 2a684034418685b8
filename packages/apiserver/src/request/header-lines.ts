/**
 * Headers that name a user. Their values may have commas, as distinguished names of groups do, and each repetition is a
 * value of its own: they are joined by line breaks, which no value can have; other headers by commas.
 */
const keepsLines = (name: string): boolean => name.startsWith('impersonate-') || name.startsWith('x-remote-');

/** What the lines of a repeated header are joined by. */
export const lineSeparator = (name: string): string => (keepsLines(name) ? '\n' : ', ');

/** The lines of a header. */
export function headerLines(name: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  return keepsLines(name) ? value.split('\n') : value.split(',').map((line) => line.trim());
}

/** Names a user. */
const userNames = ['impersonate-user', 'x-remote-user'];

/**
 * Headers of which Node has joined the repeated ones by commas, with those that name a user joined as above. `raw` has
 * their names and values in turn.
 */
export function withUserLines(
  headers: Readonly<Record<string, string | undefined>>,
  raw: readonly string[],
): Readonly<Record<string, string | undefined>> {
  if (!userNames.some((name) => headers[name] !== undefined)) return headers;
  const lines = new Map<string, string>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (!keepsLines(name)) continue;
    const before = lines.get(name);
    lines.set(name, before === undefined ? (raw[i + 1] as string) : `${before}\n${raw[i + 1]}`);
  }
  return { ...headers, ...Object.fromEntries(lines) };
}
