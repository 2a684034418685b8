import { boolType, listType, mapType, opaqueType, stringType } from '../types/type.ts';
import { ArrayList, CelError, CelOpaque, type CelValue, EntriesMap } from '../values/value.ts';
import { fn, type Library, method, readsFirst } from './overload.ts';

const urlType = opaqueType('kubernetes.URL');

class CelUrl extends CelOpaque {
  readonly typeName = urlType.name;
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(
    text: string,
    { scheme, host, path, query }: { scheme: string; host: string; path: string; query: string },
  ) {
    super();
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }
  equals(other: CelValue): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }
  override toString(): string {
    return this.text;
  }
}

const absolute =
  /^([a-zA-Z][a-zA-Z0-9+.-]*):(?:\/\/(?:[^/?#@]*@)?(\[[0-9a-fA-F:.%]+\](?::\d*)?|[^/?#:[\]\s]*(?::\d*)?))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;

/** URLs as Go's ParseRequestURI reads them: absolute, or an absolute path. */
function parse(text: string): CelUrl | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  if (text === '' || /[\x00-\x1f\x7f ]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  if (text.startsWith('/')) {
    const [path = '', query = ''] = text.split('?', 2);
    return new CelUrl(text, { scheme: '', host: '', path, query });
  }
  const found = absolute.exec(text);
  if (!found) return undefined;
  const [, scheme = '', host = '', path = '', query = ''] = found;
  return new CelUrl(text, { scheme: scheme.toLowerCase(), host, path, query });
}

function url(text: string): CelUrl {
  const found = parse(text);
  if (!found)
    throw new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return found;
}

const hostname = ({ host }: CelUrl): string =>
  host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');
const port = ({ host }: CelUrl): string => /:(\d*)$/.exec(host.replace(/^\[.*\]/, ''))?.[1] ?? '';

function query({ query: text }: CelUrl): CelValue {
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(text)) values.set(key, [...(values.get(key) ?? []), value]);
  return new EntriesMap(Array.from(values, ([key, list]) => [key, new ArrayList(list)] as const));
}

export const urls: Library = [
  fn('url', [stringType], urlType, url, readsFirst),
  fn('isURL', [stringType], boolType, (text: string) => parse(text) !== undefined, readsFirst),
  method('getScheme', [urlType], stringType, (value: CelUrl) => value.scheme),
  method('getHost', [urlType], stringType, (value: CelUrl) => value.host),
  method('getHostname', [urlType], stringType, hostname),
  method('getPort', [urlType], stringType, port),
  method('getEscapedPath', [urlType], stringType, (value: CelUrl) => value.path),
  method('getQuery', [urlType], mapType(stringType, listType(stringType)), query),
];

/** Whether a string is a URL by the rules of the format `uri`. */
export const isUrl = (text: string): boolean => parse(text) !== undefined;
