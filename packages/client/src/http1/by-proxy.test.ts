import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { readBody } from '../transport.ts';
import { byProxy } from './by-proxy.ts';
import { http1Transport } from './transport.ts';

const optionsOf = (server: string, proxy?: string) => ({
  url: new URL(server),
  tls: {},
  clock: new FakeClock(),
  ...(proxy ? { proxy: new URL(proxy) } : {}),
});

test('only plain HTTP requests go to an HTTP proxy; all others go through a tunnel', () => {
  for (const [server, proxy, is] of [
    ['http://api:8080', 'http://proxy:3128', true],
    ['http://api:8080', 'https://proxy:3128', true],
    ['https://api:6443', 'http://proxy:3128', false],
    ['http://api:8080', 'socks5://proxy', false],
    ['http://api:8080', undefined, false],
  ] as const)
    assert.equal(byProxy(optionsOf(server, proxy)) !== undefined, is, `${server} ${proxy}`);
});

test('sends the proxy full URLs over keep-alive connections, and opens tunnels for upgrades', async () => {
  const seen: string[] = [];
  let connections = 0;
  const proxy = createServer(({ method, url, headers }, response) => {
    seen.push(`${method} ${url} ${headers.host} ${headers['proxy-authorization']} ${headers.accept}`);
    response.end('answer');
  });
  proxy.on('connection', () => connections++);
  proxy.on('connect', ({ method, url }, socket) => {
    seen.push(`${method} ${url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const transport = http1Transport(optionsOf('http://api.invalid:8080', `http://me:pw@127.0.0.1:${port}`));
  try {
    for (const method of ['GET', 'POST']) {
      const answer = await transport.request({ method, path: '/a?b=c', headers: { accept: 'x' } });
      assert.equal(Buffer.from(await readBody(answer)).toString(), 'answer');
    }
    await assert.rejects(transport.upgrade({ method: 'GET', path: '/exec' }), /Forbidden/);
    const asked = 'http://api.invalid:8080/a?b=c api.invalid:8080 Basic bWU6cHc= x';
    assert.deepEqual(seen, [`GET ${asked}`, `POST ${asked}`, 'CONNECT api.invalid:8080']);
    assert.equal(connections, 2);
  } finally {
    transport.close();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  }
});

test('names the proxy in the error when it is unreachable', async () => {
  const transport = http1Transport(optionsOf('http://api.invalid:8080', 'http://127.0.0.1:1'));
  await assert.rejects(transport.request({ method: 'GET', path: '/' }), ({ message, cause }: Error) => {
    assert.equal(message, 'proxyconnect tcp');
    return (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  });
});
