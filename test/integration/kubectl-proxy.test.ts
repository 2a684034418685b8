import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { type Io, localFiles, runKubectl } from '@typernetes/kubectl';

/** Not text in any encoding, like profiles. */
const profile = Uint8Array.of(0x1f, 0x8b, 0xff, 0xfe, 0x00, 0xc3);

/** A server that upgrades connections to an echo protocol, except for those to a pod called "none". */
async function repeatingServer(): Promise<AsyncDisposable & { address: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((_request, response) => response.end(profile));
  server.on('upgrade', (incoming, socket: Duplex) => {
    asked.push(incoming);
    socket.on('error', () => undefined);
    if (incoming.url?.includes('/none/')) {
      const body = '{"kind":"Status","code":404}';
      socket.end(`HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return;
    }
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Chosen: v4\r\n\r\nhello ',
    );
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('binary responses pass unchanged, through get --raw and through the proxy', async () => {
  await using server = await repeatingServer();
  const printed: Uint8Array[] = [];
  const environment = { HOME: '/nonexistent', KUBECONFIG: '/dev/null' };
  const line = ['get', '--raw', '/debug/pprof/profile?seconds=1', `--server=${server.address}`];
  const host = { io: silentIo(() => undefined, printed), files: localFiles, clock: systemClock, environment };
  assert.equal(await runKubectl(line, host, new AbortController().signal), 0);
  assert.deepEqual(Buffer.concat(printed), Buffer.from(profile));
  await using proxy = await proxyTo(server.address);
  const answer = await fetch(`http://127.0.0.1:${proxy.port}/debug/pprof/profile`);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(profile));
});

/** Without input; output goes to `out` and, as bytes, to `printed`. */
function silentIo(out: (text: string) => void, printed: Uint8Array[] = []): Io {
  return {
    out,
    err: () => undefined,
    outBytes: (bytes: Uint8Array) => void printed.push(bytes),
    errBytes: () => undefined,
    stdin: {
      isTerminal: false,
      word: () => undefined,
      hiddenLine: () => undefined,
      text: async () => '',
      open: () => ({ async *[Symbol.asyncIterator]() {}, close() {} }),
      onResize: () => () => undefined,
    },
  };
}

/** Starts our `kubectl proxy` for a server; returns its address. */
async function proxyTo(server: string, ...flags: string[]): Promise<AsyncDisposable & { port: number }> {
  const stop = new AbortController();
  const { promise: started, resolve: settled } = Promise.withResolvers<string>();
  const io = silentIo(settled);
  const line = ['proxy', '--port=0', `--server=${server}`, ...flags];
  const environment = { HOME: '/nonexistent', KUBECONFIG: '/dev/null' };
  const ended = runKubectl(line, { io, files: localFiles, clock: systemClock, environment }, stop.signal);
  const port = Number(/:(\d+)\n$/.exec(await started)?.[1]);
  return {
    port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

/** Requests an upgrade and sends something; resolves to what comes back. */
function turnedOver(port: number, path: string): Promise<{ status: number; headers: object; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'echo',
      authorization: 'Bearer of-somebody-else',
      'x-stream-protocol-version': ['v4', 'v3'],
    };
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.on('upgrade', (response, socket, head) => {
      let text = head.toString();
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        text += chunk;
        if (text.endsWith('bye')) socket.destroy();
      });
      socket.on('close', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      socket.write('bye');
    });
    outgoing.end();
  });
}

test('proxy upgrades connections as the server does', async () => {
  await using server = await repeatingServer();
  await using proxy = await proxyTo(server.address);
  const answer = await turnedOver(proxy.port, '/api/v1/namespaces/default/pods/p/portforward?ports=80');
  assert.deepEqual(answer, {
    status: 101,
    headers: { connection: 'Upgrade', upgrade: 'echo', 'x-chosen': 'v4' },
    text: 'hello bye',
  });
  const [{ url, method, headers, headersDistinct } = assert.fail()] = server.asked;
  assert.deepEqual([method, url], ['POST', '/api/v1/namespaces/default/pods/p/portforward?ports=80']);
  assert.equal(headers.authorization, undefined);
  assert.deepEqual(headersDistinct['x-stream-protocol-version'], ['v4', 'v3']);

  const refused = await turnedOver(proxy.port, '/api/v1/namespaces/default/pods/none/portforward');
  assert.deepEqual([refused.status, refused.text], [404, '{"kind":"Status","code":404}']);
});

test('proxy rejects access to containers unless told otherwise', async () => {
  await using server = await repeatingServer();
  const path = '/api/v1/namespaces/default/pods/p/exec?command=sh';
  {
    await using proxy = await proxyTo(server.address);
    const { status, text } = await turnedOver(proxy.port, path);
    assert.deepEqual([status, text, server.asked.length], [403, 'Forbidden\n', 0]);
  }
  await using proxy = await proxyTo(server.address, '--reject-paths=^$');
  assert.equal((await turnedOver(proxy.port, path)).status, 101);
});
