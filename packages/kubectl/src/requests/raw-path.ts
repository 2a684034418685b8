import { goQuote, queryEscaped } from '@typernetes/machinery';

/** What `--raw` asks for, as upstream sends it: escaped where it has to be, its parameters in order, without those that cannot be read. */
export function rawPath(given: string): string {
  const [whole = ''] = given.split('#');
  const at = whole.indexOf('?');
  const path = escapedPath(at < 0 ? whole : whole.slice(0, at), given);
  const query = at < 0 ? '' : orderedQuery(whole.slice(at + 1));
  return query === '' ? path : `${path}?${query}`;
}

/** A host, which two slashes at the beginning would name, is dropped; an empty path is the root. */
function escapedPath(path: string, given: string): string {
  const [wrong] = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path) ?? [];
  if (wrong !== undefined)
    throw new Error(`--raw must be a valid URL path: parse ${goQuote(given)}: invalid URL escape ${goQuote(wrong)}`);
  return path
    .replace(/^\/\/[^/]*/, '')
    .replace(/^$/, '/')
    .replace(/[^!-~]+|["<>\\^`{|}]/gu, encodeURIComponent);
}

function orderedQuery(query: string): string {
  const found = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';')) continue;
    const [name, value] = part.split(/=(.*)/s, 2).map(unescaped);
    if (name === undefined || (value === undefined && part.includes('='))) continue;
    found.set(name, [...(found.get(name) ?? []), value ?? '']);
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => values.map((value) => `${queryEscaped(name)}=${queryEscaped(value)}`))
    .join('&');
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // No percent-encoded text: upstream leaves such a parameter out.
    return undefined;
  }
}
