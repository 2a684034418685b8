interface Location {
  /** The labels of the host's name. */
  readonly host: readonly string[];
  readonly port: string;
  readonly path: string;
}

/**
 * Whether a pattern such as `*.dkr.ecr.*.example.com/team` matches an image or registry. Each label of the host name
 * may have wildcards, ports must be equal, and the pattern's path must be a prefix of the image's (upstream:
 * URLsMatchStr).
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

/** Why a pattern is invalid; undefined when it is valid. */
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

/** `*` matches any text, `?` any character, `[…]` a set of characters. */
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
