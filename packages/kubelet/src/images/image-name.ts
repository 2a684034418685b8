/** The grammar of image references: an optional host, a path in lower case, an optional tag, an optional digest. */
const reference =
  /^(?:(?:[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*|\[[0-9a-fA-F:]+\])(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

/** The image, with `:latest` if it has neither tag nor digest; undefined when it is not an image reference. */
export function withDefaultTag(image: string): string | undefined {
  const match = reference.exec(image);
  if (!match) return undefined;
  return match[1] === undefined && match[2] === undefined ? `${image}:latest` : image;
}

/** The pull policy of a container without one: `Always` for `:latest`, else `IfNotPresent`. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const match = reference.exec(image);
  const digest = match?.[2] !== undefined;
  return !digest && (match?.[1] ?? ':latest') === ':latest' ? 'Always' : 'IfNotPresent';
}

/**
 * What to append to the message about an invalid image whose path has capitals: `: repository name (library/Nginx) must
 * be lowercase`.
 */
export function uppercaseIn(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const path = (hasHost ? rest.join('/') : rest.length > 0 ? image : `library/${image}`).split(':')[0] ?? '';
  return path.toLowerCase() === path ? '' : `: repository name (${path}) must be lowercase`;
}

/** The image without tag and digest. */
export function repositoryOf(image: string): string {
  return image.replace(/@[^@]*$/, '').replace(/:[^:/]*$/, '');
}

/** The image with the default registry if it names none. */
export function qualified(image: string): string {
  const first = image.split('/')[0] ?? '';
  const named = image.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  if (named) return image;
  return image.includes('/') ? `docker.io/${image}` : `docker.io/library/${image}`;
}
