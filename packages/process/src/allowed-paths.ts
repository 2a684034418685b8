/** The default of `--authorization-always-allow-paths`: probes have no credentials. */
export const defaultAllowedPaths: readonly string[] = ['/healthz', '/readyz', '/livez'];

/**
 * Whether a path needs no authorization, by the list of `--authorization-always-allow-paths`: each is a complete path
 * or, with a trailing `*`, a prefix; the leading slash is optional. Throws an Error in upstream's words
 * (`apiserver/pkg/authorization/path`) for a `*` elsewhere.
 */
export function allowedPaths(paths: readonly string[]): (path: string) => boolean {
  const bare = paths.map((path) => path.replace(/^\//, ''));
  for (const path of bare)
    if (path.slice(0, -1).includes('*')) throw new Error(`only trailing * allowed in ${JSON.stringify(path)}`);
  const whole = new Set(bare.filter((path) => !path.endsWith('*')));
  const prefixes = bare.filter((path) => path.endsWith('*')).map((path) => path.slice(0, -1));
  return (path) => {
    const asked = path.replace(/^\//, '');
    return whole.has(asked) || prefixes.some((prefix) => asked.startsWith(prefix));
  };
}
