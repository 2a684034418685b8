import { posix } from 'node:path';

/** The location of a proxied page, which determines how its links are rewritten. */
export interface PageOrigin {
  /** The path that stands for the backend's root, without a slash at its end: `/api/v1/namespaces/a/pods/b/proxy`. */
  readonly prefix: string;
  /** Host and port of the backend. */
  readonly backend: string;
  /** The host name by which the client called the server. */
  readonly asked: string | undefined;
}

/** Attributes that hold an address, by element: HTML 4's and HTML 5's. */
const addresses: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

/** A comment, an element with raw text, or the start of another element. */
const markup =
  /<!--[\s\S]*?(?:-->|$)|(<(script|style|textarea|title|xmp|noembed|noframes|plaintext)\b(?:[^>"']|"[^"]*"|'[^']*')*>)([\s\S]*?)(?=<\/\2\b|$)|<([a-z][^\s/>]*)(?:[^>"']|"[^"]*"|'[^']*')*>/gi;
const attribute = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)/g;

/**
 * Rewrites a link for clients behind the proxy: absolute paths on the backend get the prefix. Everything else stays:
 * relative paths, other hosts, links that have the prefix already. The rules are upstream's.
 */
export function rewriteLink(link: string, { prefix, backend, asked }: PageOrigin): string {
  const parts = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?(\/[^?#]*)(.*)$/is.exec(link);
  if (!parts) return link;
  const [, scheme, host, path = '', rest = ''] = parts;
  if (host !== undefined && host !== '' && host !== backend && host !== asked) return link;
  const site = host !== undefined && host !== '' && host === asked ? `${scheme ? `${scheme}:` : ''}//${host}` : '';
  if (path.startsWith(prefix)) return `${site}${path}${rest}`;
  // A slash at the end survives the join.
  return `${site}${posix.join(prefix, path)}${rest}`;
}

/** The page with its links rewritten; everything else stays as it is, byte for byte when it was decoded as Latin-1. */
export function rewritePage(page: string, origin: PageOrigin): string {
  const inTag = (tag: string, element: string): string => {
    const names = addresses[element.toLowerCase()];
    if (!names) return tag;
    return tag.replace(attribute, (whole, name: string, equals: string, value: string) => {
      if (!names.includes(name.toLowerCase())) return whole;
      const quote = /^["']/.exec(value)?.[0] ?? '';
      const link = quote === '' ? value : value.slice(1, -1);
      return `${name}${equals}${quote}${rewriteLink(link, origin)}${quote}`;
    });
  };
  return page.replace(
    markup,
    (
      whole,
      opening: string | undefined,
      textElement: string | undefined,
      text: string,
      element: string | undefined,
    ) => {
      if (opening !== undefined && textElement !== undefined) return inTag(opening, textElement) + text;
      return element === undefined ? whole : inTag(whole, element);
    },
  );
}
