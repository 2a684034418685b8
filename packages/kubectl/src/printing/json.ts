/** JSON as upstream prints it: keys in order, or as they are where a struct has one of its own, indented by four, and with what could end a script in HTML escaped. */
export function encodeJson(value: unknown, { asIs = false }: { asIs?: boolean } = {}): string {
  const text = JSON.stringify(value, (_key, part: unknown) => (isRecord(part) && !asIs ? sorted(part) : part), 4);
  return `${text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
