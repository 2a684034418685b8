/** The style of a string in YAML, by the rules of the library of Kubernetes' tools. */

const otherWords = new Set(
  'y Y yes Yes YES on On ON n N no No NO off Off OFF true True TRUE false False FALSE ~ null Null NULL .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF'.split(
    ' ',
  ),
);
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integer = /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)$/;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const date = /^\d{4}-\d{1,2}-\d{1,2}$/;
const time = /^\d{4}-\d{1,2}-\d{1,2}([Tt]| )\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[-+]\d\d:\d\d)?$/;

/** Whether a reader would take the plain text for something else than a string: `yes`, `1`, `2026-01-01`, nothing. */
export function resolvesToOther(text: string): boolean {
  if (text === '' || otherWords.has(text)) return true;
  if (!/^[-+.0-9]/.test(text)) return false;
  if (base60.test(text) || isTime(text)) return true;
  const digits = text.replaceAll('_', '');
  return integer.test(digits) || float.test(digits);
}

function isTime(text: string): boolean {
  const parts = time.exec(text);
  if (parts) {
    // A zone belongs to the T, and none to the space.
    if ((parts[1] === ' ') === (parts[3] !== undefined)) return false;
  } else if (!date.test(text)) return false;
  const [, month = 0, day = 0] = text.split(/[-Tt ]/).map(Number);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/** Whether a string can be unquoted in a block: no character of it has a meaning there. */
export function plainAllowed(text: string): boolean {
  return (
    !/^(---|\.\.\.)/.test(text) &&
    !/^[#,[\]{}&*!|>'"%@`]/.test(text) &&
    !/^[-?:]( |$)/.test(text) &&
    !/:( |$)/.test(text) &&
    !/ #/.test(text) &&
    !/^ | $/.test(text) &&
    singleQuotedAllowed(text)
  );
}

/** Whether it has nothing that must be escaped. */
export function singleQuotedAllowed(text: string): boolean {
  return !unprintable.test(text);
}

/** Whether its lines can be written literally after `|`. */
export function blockAllowed(text: string): boolean {
  return !unprintable.test(text.replaceAll('\n', '')) && !text.endsWith(' ') && !text.includes(' \n');
}

/** Tabs and characters beyond the basic plane count as unprintable there. */
const unprintable = /[\p{Cc}\ufeff\ufffe\uffff\u2028\u2029]|[\u{10000}-\u{10ffff}]/u;

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

/** A character within double quotes. */
export function doubleQuoted(character: string): string {
  const short = escapes[character];
  if (short !== undefined) return short;
  if (!unprintable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
