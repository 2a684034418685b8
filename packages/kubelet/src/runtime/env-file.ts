import { open, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';

/**
 * The value of a variable in an environment file; undefined if it is not set there. Values are single-quoted and
 * literal, and may span lines; blank lines and comments are skipped (upstream: ParseEnv).
 */
export function variableIn(text: string, wanted: string): string | undefined {
  let line = 1;
  let at = 0;
  const invalid = (why: string): Error => new Error(`invalid environment variable format at line ${line}: ${why}`);
  while (at < text.length) {
    const end = endOfLine(text, at);
    const start = at + (/^[ \t]*/.exec(text.slice(at, end))?.[0].length ?? 0);
    if (start === end || text[start] === '#') {
      at = end + 1;
      line++;
      continue;
    }
    const equals = text.indexOf('=', start);
    if (equals === -1 || equals > end) throw invalid("missing '='");
    const name = text.slice(start, equals);
    if (name.trim() === '') throw invalid('empty variable name');
    if (/\s/.test(name)) throw invalid("whitespace is not allowed in the variable name or before '='");
    if (text[equals + 1] !== "'") throw invalid('value must be enclosed in single quotes');
    const close = text.indexOf("'", equals + 2);
    if (close === -1) throw invalid('unclosed single quote');
    const after = endOfLine(text, close);
    if (!/^[ \t]*(#.*)?$/.test(text.slice(close + 1, after))) throw invalid('unexpected content after closing quote');
    const value = text.slice(equals + 2, close);
    if (name === wanted) return value;
    line += value.split('\n').length;
    at = after + 1;
  }
  return undefined;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/**
 * The text of a file of a volume. No symbolic link leads out of the volume, whatever the pod's programs do meanwhile.
 * Undefined if there is none.
 */
export async function fileOfVolume(volume: string, path: string): Promise<string | undefined> {
  try {
    const file = await open(join(volume, path), 'r');
    try {
      const opened = await readlink(`/proc/self/fd/${file.fd}`);
      if (!opened.startsWith(`${await realpath(volume)}/`)) throw new Error(`path "${path}" leads out of its volume`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
