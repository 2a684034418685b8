import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

const pod = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { containers: [{ name: 'c', image: 'i', tty: true, stdin: true }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'c', ready: true, state: { running: {} } }] },
};
const pods = { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'] };
const answers: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [pods] },
  '/api/v1/namespaces/default/pods/p': pod,
};
const exited = {
  status: 'Failure',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '9' }] },
};

/** A terminal size as in the resize channel. */
export interface TerminalSize {
  readonly Width: number;
  readonly Height: number;
}

/**
 * A server with one pod, whose process prints each size it receives, and exits with 9 after `last`. `told` is also
 * called with each.
 */
export async function startTerminalServer(of: { last: TerminalSize; onSize: (size: TerminalSize) => void }) {
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? ''];
    response.statusCode = answer ? 200 : 404;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer ?? { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 }));
  });
  const sockets = new Set<Duplex>();
  server.on('upgrade', (request, socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
      'Sec-WebSocket-Protocol: v5.channel.k8s.io',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const send = (channel: number, text: string): void => {
      const payload = Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
      const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
      socket.write(Buffer.concat([Buffer.of(0x82, ...head), payload]));
    };
    readFrames(socket, (payload) => {
      if (payload[0] !== 4) return;
      const size = JSON.parse(payload.subarray(1).toString()) as TerminalSize;
      of.onSize(size);
      send(1, `${size.Height} ${size.Width}\r\n`);
      if (size.Height !== of.last.Height || size.Width !== of.last.Width) return;
      send(1, 'resized\r\n');
      send(3, JSON.stringify(exited));
      socket.end(Buffer.of(0x88, 2, 0x03, 0xe8));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Binary messages of a client, unmasked. */
function readFrames(socket: Duplex, message: (payload: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const short = (rest[1] ?? 0) & 127;
      const begin = short === 126 ? 4 : 2;
      if (rest.length < begin + 4) return;
      const length = short === 126 ? rest.readUInt16BE(2) : short;
      const end = begin + 4 + length;
      if (rest.length < end) return;
      const mask = rest.subarray(begin, begin + 4);
      const payload = Buffer.from(rest.subarray(begin + 4, end).map((byte, i) => byte ^ (mask[i % 4] ?? 0)));
      if (((rest[0] ?? 0) & 15) === 2) message(payload);
      rest = rest.subarray(end);
    }
  });
}
