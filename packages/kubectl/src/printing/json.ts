import { canonicalJson } from '@typernetes/machinery';

/** JSON as upstream prints it: keys in order, or as they are where a struct has one of its own, indented by four, and with what could end a script in HTML escaped. */
export function encodeJson(value: unknown, { asIs = false }: { asIs?: boolean } = {}): string {
  const text = asIs ? JSON.stringify(value, undefined, 4) : sorted(JSON.parse(JSON.stringify(value)), '');
  return `${escaped(text)}\n`;
}

/** An event of a watch on a line of its own: its type, and the object with its keys in order. */
export const encodeJsonLine = ({ type, object }: { type: string; object: unknown }): string =>
  `{"type":${JSON.stringify(type)},"object":${escaped(canonicalJson(object))}}\n`;

/** JSON on a line, its keys in order or, with `asIs`, as they are. */
export const jsonLine = (value: unknown, { asIs }: { asIs: boolean }): string =>
  escaped(asIs ? JSON.stringify(value) : canonicalJson(value));

const escaped = (text: string): string =>
  text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** An object of JavaScript has keys that are numbers before all others, whatever order they were put in. */
function sorted(value: unknown, margin: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${margin}    `;
  const between = (open: string, entries: readonly string[], close: string): string =>
    entries.length === 0 ? `${open}${close}` : `${open}\n${inner}${entries.join(`,\n${inner}`)}\n${margin}${close}`;
  if (Array.isArray(value))
    return between(
      '[',
      value.map((entry) => sorted(entry, inner)),
      ']',
    );
  const keys = Object.keys(value).sort();
  const member = (key: string): string =>
    `${JSON.stringify(key)}: ${sorted((value as Readonly<Record<string, unknown>>)[key], inner)}`;
  return between('{', keys.map(member), '}');
}
