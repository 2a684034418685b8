/**
 * Paths of members that a JSON text has twice, which a parser silently drops. The text has to be well-formed: parse it first.
 */
export function duplicateFields(json: string): string[] {
  const found: string[] = [];
  const path: (string | number)[] = [];
  let at = 0;

  const skipSpace = (): void => {
    for (;;) {
      const code = json.charCodeAt(at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      at++;
    }
  };

  /** Leaves `at` behind the closing quote. */
  const skipString = (): void => {
    for (;;) {
      const close = json.indexOf('"', at + 1);
      let backslashes = 0;
      while (json.charCodeAt(close - 1 - backslashes) === 92) backslashes++;
      at = close;
      if (backslashes % 2 === 0) break;
    }
    at++;
  };

  const readName = (): string => {
    const start = at;
    skipString();
    const raw = json.slice(start + 1, at - 1);
    return raw.includes('\\') ? (JSON.parse(json.slice(start, at)) as string) : raw;
  };

  const value = (): void => {
    skipSpace();
    if (json[at] === '{') members();
    else if (json[at] === '[') items();
    else if (json[at] === '"') skipString();
    else while (at < json.length && !',]} \n\r\t'.includes(json[at] ?? '')) at++;
  };

  const members = (): void => {
    const names = new Set<string>();
    at++;
    skipSpace();
    while (json[at] !== '}') {
      const name = readName();
      path.push(name);
      if (names.has(name)) found.push(textOf(path));
      names.add(name);
      skipSpace();
      at++;
      value();
      path.pop();
      skipSpace();
      if (json[at] === ',') at++;
      skipSpace();
    }
    at++;
  };

  const items = (): void => {
    at++;
    skipSpace();
    for (let i = 0; json[at] !== ']'; i++) {
      path.push(i);
      value();
      path.pop();
      skipSpace();
      if (json[at] === ',') at++;
      skipSpace();
    }
    at++;
  };

  value();
  return [...new Set(found)];
}

function textOf(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}
