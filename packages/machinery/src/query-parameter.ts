/**
 * Whether a query parameter is on, by upstream's rules: absent, `0` and `false` in any case (Python's clients write
 * `False`) are off; everything else is on, including the empty text.
 */
export function isTrueParameter(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}
