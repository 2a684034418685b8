/**
 * Whether a parameter of a request is on, as upstream reads it: one that is not there is not, nor is `false` in any case (as Python's clients
 * write it: `False`) or `0`. Everything else is, an empty one too.
 */
export function isTrueParameter(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}
