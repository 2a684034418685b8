interface Location {
  /** The labels of the host's name. */
  readonly host: readonly string[];
  readonly port: string;
  readonly path: string;
}

/**
 * Whether an image, or a registry, lies at a place of which every part of the host's name may be a pattern: `*.dkr.ecr.*.example.com/team`. Ports
 * are the same or missing on both sides, and the path is how the image's begins (upstream: URLsMatchStr).
 */
export function matchesImage(pattern: string, image: string): boolean {
  const [wanted, at] = [locationOf(pattern), locationOf(image)];
  return (
    wanted !== undefined &&
    at !== undefined &&
    wanted.port === at.port &&
    wanted.host.length === at.host.length &&
    at.path.startsWith(wanted.path) &&
    wanted.host.every((label, i) => wildcard(label).test(at.host[i] ?? ''))
  );
}

/** Why a pattern is none; undefined when it is one. */
export function patternProblem(pattern: string): string | undefined {
  return locationOf(pattern) ? undefined : `parse ${JSON.stringify(`https://${pattern}`)}: invalid image pattern`;
}

/** `host.name:port/path`, without a scheme. */
function locationOf(text: string): Location | undefined {
  const match = /^([^/:\s]*)(?::(\d*))?(\/\S*)?$/.exec(text);
  if (!match) return undefined;
  const [, host = '', port = '', path = ''] = match;
  return { host: host.split('.'), port, path };
}

/** `*` is any text, `?` any character, `[…]` one of those. */
function wildcard(label: string): RegExp {
  const text = label
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    return new RegExp(`^${text}$`);
  } catch {
    // An open bracket: a pattern that matches nothing, as with upstream.
    return /^(?!)/;
  }
}
