import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Probe } from '@typernetes/api/core/v1';
import { RuntimeError } from '@typernetes/cri';
import { askProbe } from './ask.ts';

const runtime = { execSync: () => Promise.reject(new RuntimeError('Unknown', 'not found')) };

async function ask(probe: Probe, execSync: Parameters<typeof askProbe>[2]['runtime']['execSync'] = runtime.execSync) {
  const container = { name: 'web', env: [{ name: 'WORD', value: 'hello' }] };
  const target = { container, containerId: 'c', podIp: '127.0.0.1' };
  return askProbe(target, probe, { runtime: { execSync }, signal: new AbortController().signal });
}

async function web(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('an HTTP probe sends its headers and follows redirects on its host', async (t) => {
  const seen: (string | undefined)[] = [];
  const port = await web(t, ({ url, headers }, response) => {
    seen.push(`${url} ${headers['x-a']} ${headers.host} ${headers['user-agent']?.split('/')[0]}`);
    if (url === '/away') response.writeHead(302, { location: 'http://example.com/' });
    else if (url === '/here') response.writeHead(302, { location: '/ok' });
    else response.writeHead(url === '/ok' ? 200 : 503);
    response.end('text');
  });
  const httpHeaders = [
    { name: 'X-A', value: '1' },
    { name: 'X-A', value: '2' },
    { name: 'Host', value: 'site' },
  ];
  const get = (path: string) => ask({ httpGet: { path, port, httpHeaders } });
  assert.deepEqual(await get('/here'), { result: 'success', message: 'text' });
  assert.deepEqual(seen, ['/here 1, 2 site kube-probe', '/ok 1, 2 site kube-probe']);
  const away = await get('/away');
  assert.deepEqual(away, { result: 'warning', message: 'Probe terminated redirects, Response body: text' });
  assert.deepEqual(await get('/bad'), { result: 'failure', message: 'HTTP probe failed with statuscode: 503' });
});

test('HTTPS probes share one context', async (t) => {
  const port = await web(t, (_, response) => response.end());
  const made = t.mock.method(tls, 'createSecureContext');
  // The server speaks no TLS; what counts is how the connection was begun.
  for (let i = 0; i < 2; i++) {
    const { result } = await ask({ httpGet: { path: '/', port, scheme: 'HTTPS' } });
    assert.equal(result, 'failure');
  }
  assert.equal(made.mock.callCount(), 0);
});

test('an unreachable target is a failure', async (t) => {
  const port = await web(t, (_, response) => response.end());
  assert.equal((await ask({ tcpSocket: { port } })).result, 'success');
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const free = (closed.address() as AddressInfo).port;
  await new Promise((resolve) => closed.close(resolve));
  const refused = `dial tcp 127.0.0.1:${free}: connect: connection refused`;
  assert.deepEqual(await ask({ tcpSocket: { port: free } }), { result: 'failure', message: refused });
  assert.deepEqual(await ask({ httpGet: { path: '/x', port: free } }), {
    result: 'failure',
    message: `Get "http://127.0.0.1:${free}/x": ${refused}`,
  });
});

test("runs a program with the container's static environment, and may time out", async () => {
  const late = () => Promise.reject(new RuntimeError('DeadlineExceeded', 'late'));
  const exec = { command: ['say', '$(WORD)'] };
  const answered = await ask({ exec }, async ({ cmd }) => ({
    exitCode: 0,
    stdout: Buffer.from(cmd.join('-')),
    stderr: Buffer.alloc(0),
  }));
  assert.deepEqual(answered, { result: 'success', message: 'say-hello' });
  assert.deepEqual(await ask({ exec, timeoutSeconds: 2 }, late), {
    result: 'failure',
    message: 'command timed out: "say hello" timed out after 2s',
  });
  assert.equal((await ask({ exec })).result, 'error');
});

test('a gRPC probe asks the health service', async (t) => {
  const server = new Server();
  const identity = (bytes: Buffer): Buffer => bytes;
  const method = {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  } as const;
  server.addService(
    { check: method },
    {
      check: (call: { request: Buffer }, reply: (error: null, answer: Buffer) => void) =>
        reply(null, Buffer.from([0x08, call.request.subarray(2).toString() === 'sick' ? 2 : 1])),
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  t.after(() => server.forceShutdown());
  assert.deepEqual(await ask({ grpc: { port } }), { result: 'success', message: 'service healthy' });
  assert.deepEqual(await ask({ grpc: { port, service: 'sick' } }), {
    result: 'failure',
    message: 'service unhealthy (responded with "NOT_SERVING")',
  });
});
