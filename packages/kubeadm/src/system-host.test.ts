import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { reachableAddress, systemHost } from './system-host.ts';

test('a request leaves no connection behind that would keep the process from ending', async () => {
  const server = createServer((_request, response) => {
    // A server that does not care for `Connection: close`.
    response.setHeader('connection', 'keep-alive').end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const closed = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
    const { status, body } = await systemHost({}).network.get(url);
    assert.deepEqual({ status, body }, { status: 200, body: 'ok' });
    await closed;
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('a refused connection and an answer that does not come are said in the words of the field', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { network } = systemHost({});
  try {
    await assert.rejects(
      network.get(`http://127.0.0.1:${port}/`, { timeoutMs: 50 }),
      /^Error: Get "http:.*": context deadline exceeded$/,
    );
  } finally {
    const closed = once(silent, 'close');
    silent.close();
    silent.closeAllConnections();
    await closed;
  }
  await assert.rejects(
    network.get(`http://127.0.0.1:${port}/`),
    /^Error: Get ".*": dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/,
  );
});

test('a machine is reached at its first address of IPv4, or of IPv6 when it has nothing else', () => {
  const at = (address: string, internal = false) => ({
    ...{ address, internal, netmask: '', mac: '', cidr: null },
    ...(address.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const }),
  });
  const loopback = [at('127.0.0.1', true), at('::1', true)];
  const link = [at('169.254.1.1'), at('fe80::1')];
  assert.equal(reachableAddress({ lo: loopback, a: [...link, at('fd00::2')], b: [at('192.0.2.7')] }), '192.0.2.7');
  assert.equal(reachableAddress({ lo: loopback, a: [...link, at('fd00::2')] }), 'fd00::2');
  assert.equal(reachableAddress({ lo: loopback, a: link }), undefined);
});

test('variables of proxies are those that end in _proxy, in any case', () => {
  const { machine } = systemHost({ HTTPS_PROXY: 'http://p:1', no_proxy: 'a, b', http_proxy: '', PATH: '/bin' });
  assert.deepEqual(machine.proxies, {
    https: 'http://p:1',
    exceptions: ['a', 'b'],
    variables: { HTTPS_PROXY: 'http://p:1', no_proxy: 'a, b' },
  });
});
