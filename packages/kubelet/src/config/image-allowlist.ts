/** Why a pattern of the allowlist is invalid; undefined when it is valid. */
export function allowlistProblem(pattern: string): string | undefined {
  const name = pattern.replace(/\/\*$/, '');
  if (name === '') return 'image pattern is empty';
  if (name.includes('*')) return `not a valid wildcard pattern, only patterns ending with "/*" are allowed: ${pattern}`;
  if (/[@\s]|:[^/]*$/.test(name)) return `image name without tag or digest expected: ${pattern}`;
  return undefined;
}
