const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

const escaped = /\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))/gsu;

/** The text that a string literal's body denotes. Throws an Error. */
export function readText(body: string, raw: boolean): string {
  const text = body.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  if (raw || !text.includes('\\')) return text;
  return text.replace(escaped, (_all, x, x2, u, u8, octal, char: string | undefined) => {
    if (char !== undefined) return plain(char);
    const code = octal === undefined ? Number.parseInt(x ?? x2 ?? u ?? u8, 16) : Number.parseInt(octal, 8);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new Error('invalid unicode code point');
    return String.fromCodePoint(code);
  });
}

/** The bytes that a literal's body denotes: `\x` and octal escapes are single bytes, everything else is UTF-8. */
export function readBytes(body: string, raw: boolean): Uint8Array {
  const text = body.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  const encoder = new TextEncoder();
  if (raw) return encoder.encode(text);
  const out: number[] = [];
  let last = 0;
  for (const found of text.matchAll(escaped)) {
    out.push(...encoder.encode(text.slice(last, found.index)));
    last = found.index + found[0].length;
    const [, x, x2, u, u8, octal, char] = found;
    if (char !== undefined) out.push(...encoder.encode(plain(char)));
    else if (u !== undefined || u8 !== undefined) throw new Error('unable to unescape string');
    else out.push(octal === undefined ? Number.parseInt(x ?? x2 ?? '', 16) : Number.parseInt(octal, 8));
  }
  out.push(...encoder.encode(text.slice(last)));
  return Uint8Array.from(out);
}

function plain(char: string): string {
  const value = simple[char];
  if (value === undefined) throw new Error('unable to unescape string');
  return value;
}
