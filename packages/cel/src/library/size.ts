import { CelList, CelMap, type CelValue } from '../values/value.ts';

/** The length of a string in code points, not UTF-16 units. */
function codePoints(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low < 0xe000) pairs++;
    }
  }
  return text.length - pairs;
}

/** The size on which costs are based; one for values of fixed size. */
export function sizeOf(value: CelValue | undefined): number {
  if (typeof value === 'string') return codePoints(value);
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  return value instanceof Uint8Array ? value.length : 1;
}
