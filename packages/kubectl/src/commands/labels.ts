/** `a=b,c=d` of `--labels`. Throws upstream's error for anything else. */
export function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const parts = pair.split('=');
      const [key = '', value = ''] = parts;
      if (parts.length !== 2) throw new Error(`unexpected label spec: ${pair}`);
      if (key === '') throw new Error('unexpected empty label key');
      return [key, value];
    }),
  );
}
