import { ConfigurationError } from './configuration-error.ts';

/**
 * The address in a kubeconfig or `--server`, as Kubernetes' clients interpret it: anything that is not a URL with a
 * host is a host, perhaps with a port, and is used without TLS. Throws ConfigurationError for anything else.
 */
export function serverUrl(server: string): URL {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+/i.test(server) && isWritten(server);
  const text = isUrl ? server : `http://${server}`;
  const beyond = beyondPorts(text);
  const path = /^[^:]*:\/\/[^/?#]*(\/.+)/.test(text);
  if (!isUrl && path) {
    const [bad] = /%(?![0-9a-f]{2}).{0,2}/i.exec(server) ?? [];
    if (bad !== undefined) throw new UnreachableError(`invalid URL escape ${JSON.stringify(bad)}`);
    throw wrong(server);
  }
  if (beyond !== undefined) throw new UnreachableError(`dial tcp: address ${beyond}: invalid port`);
  const [, character] = /^http:\/\/[^/]*?([ <>"])/.exec(text) ?? [];
  if (!isUrl && character !== undefined)
    throw new UnreachableError(`invalid character ${JSON.stringify(character)} in host name`);
  if (!isWritten(text)) throw wrong(server);
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol))
    throw new UnreachableError(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
  return url;
}

const wrong = (server: string): ConfigurationError =>
  new ConfigurationError(`host must be a URL or a host:port pair: ${JSON.stringify(server)}`);

/** No request can be made to that address; reported on the first request. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Browsers put up with more than Go does. */
const isWritten = (url: string): boolean => !/[\\ ]/.test(url) && (URL.canParse(url) || beyondPorts(url) !== undefined);

/** A port that there cannot be. */
function beyondPorts(url: string): string | undefined {
  const [, port] = /^[^:]*:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(url) ?? [];
  return port !== undefined && Number(port) > 65_535 ? port : undefined;
}

/** The server in messages: its host and port, as written. */
export function serverHost(server: string): string {
  const [, host = server] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^@/?#]*@)?([^/?#]*)/i.exec(server) ?? [];
  return host;
}
