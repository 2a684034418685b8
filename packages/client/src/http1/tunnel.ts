import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { credentialsOf, proxyAuthorization } from './by-proxy.ts';

interface TunnelOptions {
  readonly tls: Readonly<Record<string, unknown>>;
  readonly onSocket: (socket: Socket) => void;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * A connection to a target through a proxy: CONNECT for HTTP proxies (with `tls` if the proxy uses TLS), else SOCKS 5.
 * Rejects with the proxy's error. `onSocket` gets the socket at once, so that callers can abort.
 */
export async function tunnelTo(place: Place, proxy: URL, options: TunnelOptions): Promise<Socket> {
  const isSocks = proxy.protocol.startsWith('socks5');
  const port = Number(proxy.port) || (isSocks ? 1080 : proxy.protocol === 'https:' ? 443 : 80);
  const to = { host: proxy.hostname.replace(/^\[|\]$/g, ''), port };
  const socket =
    proxy.protocol === 'https:'
      ? process.getBuiltinModule('node:tls').connect({ ...to, ...options.tls })
      : connectTcp(to);
  options.onSocket(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once(proxy.protocol === 'https:' ? 'secureConnect' : 'connect', resolve);
    socket.once('error', (error) => reject(new Error('proxyconnect tcp', { cause: error })));
  });
  const reader = new ByteReader(socket);
  try {
    await (isSocks ? throughSocks(place, { proxy, socket, reader }) : throughHttp(place, { proxy, socket, reader }));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  reader.release();
  return socket;
}

interface Tunnel {
  readonly proxy: URL;
  readonly socket: Socket;
  readonly reader: ByteReader;
}

async function throughHttp({ host, port }: Place, { proxy, socket, reader }: Tunnel): Promise<void> {
  const name = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const authorization = proxyAuthorization(proxy);
  const who = authorization ? `Proxy-Authorization: ${authorization}\r\n` : '';
  socket.write(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n${who}\r\n`);
  const head = await reader.until('\r\n\r\n').catch((error: Error) => {
    throw error.message === 'EOF' ? new Error('unexpected EOF') : error;
  });
  const [first = ''] = head.toString('latin1').split('\r\n');
  const [, status = '', reason = ''] = /^HTTP\/1\.\d (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (!status.startsWith('2')) throw new Error(reason || `malformed HTTP response ${JSON.stringify(first)}`);
}

/** RFC 1928 and, for a user and password, RFC 1929. */
async function throughSocks({ host, port }: Place, { proxy, socket, reader }: Tunnel): Promise<void> {
  const who = credentialsOf(proxy);
  socket.write(Buffer.from(who ? [5, 2, 0, 2] : [5, 1, 0]));
  const [version, method] = await reader.take(2);
  if (version !== 5) throw new Error(`socks connect: unexpected protocol version ${version}`);
  if (method === 2 && who) {
    const [user, password] = [Buffer.from(who.user), Buffer.from(who.password)];
    socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
    if ((await reader.take(2))[1] !== 0) throw new Error('socks connect: username/password authentication failed');
  } else if (method !== 0) throw new Error('socks connect: no acceptable authentication methods');
  const name = Buffer.from(host);
  const address =
    isIP(host) === 4
      ? Buffer.from([1, ...host.split('.').map(Number)])
      : Buffer.concat([Buffer.from([3, name.length]), name]);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0]), address, Buffer.from([port >> 8, port & 0xff])]));
  const [, code = 1, , kind] = await reader.take(4);
  if (code !== 0) throw new Error(`socks connect: ${socksFailures[code] ?? `unknown code: ${code}`}`);
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await reader.take(1))[0] ?? 0);
  await reader.take(length + 2);
}

const socksFailures: Readonly<Record<number, string>> = {
  1: 'general SOCKS server failure',
  2: 'connection not allowed by ruleset',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'TTL expired',
  7: 'command not supported',
  8: 'address type not supported',
};

/** Reads a proxy's response from a socket, and leaves the rest to others. */
class ByteReader {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #failure: Error | undefined;
  #wake = (): void => undefined;
  // Read, not pushed: the next user of the socket decides how it flows.
  readonly #onReadable = (): void => {
    const chunk = this.#socket.read() as Buffer | null;
    if (chunk === null) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#wake();
  };
  readonly #onEnd = (error?: Error): void => {
    this.#failure ??= error instanceof Error ? error : new Error('EOF');
    this.#wake();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('readable', this.#onReadable).on('end', this.#onEnd).on('error', this.#onEnd).on('close', this.#onEnd);
  }

  take(length: number): Promise<Buffer> {
    return this.#when(() => (this.#bytes.length >= length ? length : -1));
  }

  until(mark: string): Promise<Buffer> {
    return this.#when(() => {
      const at = this.#bytes.indexOf(mark);
      return at < 0 ? -1 : at + mark.length;
    });
  }

  async #when(lengthOf: () => number): Promise<Buffer> {
    for (;;) {
      const length = lengthOf();
      if (length >= 0) {
        const taken = this.#bytes.subarray(0, length);
        this.#bytes = this.#bytes.subarray(length);
        return taken;
      }
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  release(): void {
    const socket = this.#socket;
    socket
      .off('readable', this.#onReadable)
      .off('end', this.#onEnd)
      .off('error', this.#onEnd)
      .off('close', this.#onEnd);
    if (this.#bytes.length > 0) socket.unshift(this.#bytes);
  }
}
