import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls } from './kubectl-beside-upstream.ts';

/** What a server of upstream's answers to a request: method, path and query, `timeout` aside. */
interface Exchange {
  readonly request: string;
  /** What must stand in the request's `Accept`. */
  readonly accept?: string;
  readonly status?: number;
  readonly type: string;
  readonly body: object;
}

const exchanges = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/kubectl-exchanges/widgets.json'), 'utf8'),
) as Exchange[];

const lines = [
  'api-resources',
  'get widgets',
  'get wd -o wide --show-labels',
  'get widget one -o yaml',
  'get widget one -o yaml --show-managed-fields',
  'get widget one -o json',
  'get widget one -o name',
  'get widget none',
  'delete widget one',
  'patch widget one --type=merge -p {"spec":{"size":"x"}}',
  'get gadgets',
  'describe widget one --show-events=false',
];

test('answers in the wire format of upstream are understood and shown as upstream shows them', async () => {
  const missing: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://server');
    url.searchParams.delete('timeout');
    const line = `${request.method} ${url.pathname}${url.search}`;
    const accepted = request.headers.accept ?? '';
    const found = exchanges.find((one) => one.request === line && accepted.includes(one.accept ?? ''));
    if (!found) missing.push(line);
    const { status = 404, type = 'text/plain', body } = found ? { status: 200, ...found } : {};
    request.resume().once('end', () => {
      response.writeHead(status, { 'content-type': type });
      response.end(body === undefined ? '404 page not found\n' : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    using both = bothKubectls({ KUBECONFIG: '/dev/null' });
    for (const line of lines) {
      const args = [...line.split(' '), '-s', `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
      assert.deepEqual(await both.ours(...args), await both.upstream(...args), line);
    }
    assert.deepEqual(missing, []);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
