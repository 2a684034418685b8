import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls } from './kubectl-beside-upstream.ts';

/** An upstream server's response to a request: method, path and query, without `timeout`. */
interface Exchange {
  readonly request: string;
  /** The required `Accept` header. */
  readonly accept?: string;
  readonly status?: number;
  readonly type: string;
  readonly body?: object;
}

const ofWidgets = [
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

/**
 * Recorded from kube-apiserver 1.20.2: other versions of kinds, no OpenAPI v3, no self subject reviews, no tables of
 * scales.
 */
const ofOldServer = [
  'api-versions',
  'get hpa -n old',
  'get hpa scaled -n old -o yaml',
  'get cronjobs -n old -o wide',
  'get pdb -n old',
  'get ing -n old',
  'get ev -n old --field-selector=involvedObject.name=none',
  'get endpointslices -n old',
  'get deploy web -n old --subresource=scale',
  'describe hpa scaled -n old --show-events=false',
  'describe svc web -n old --show-events=false',
  'auth whoami',
  'logs waiting -n old',
  'get po -n old --field-selector=bad=1',
  'get po none -n old -w',
];

for (const [name, lines] of Object.entries({ widgets: ofWidgets, 'kubernetes-1.20': ofOldServer }))
  test(`responses in upstream's wire format are understood and shown as by upstream: ${name}`, async () => {
    const exchanges = JSON.parse(
      readFileSync(join(import.meta.dirname, `testdata/kubectl-exchanges/${name}.json`), 'utf8'),
    ) as Exchange[];

    const missing: string[] = [];
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://server');
      url.searchParams.delete('timeout');
      const line = `${request.method} ${url.pathname}${url.search}`;
      const accepted = request.headers.accept ?? '';
      const found = exchanges.find((one) => one.request === line && accepted.includes(one.accept ?? ''));
      if (!found) missing.push(line);
      const unknown = { status: 404, type: 'text/plain', body: undefined };
      const { status, type, body } = found ? { status: 200, body: undefined, ...found } : unknown;
      request.resume().once('end', () => {
        response.writeHead(status, { 'content-type': type });
        response.end(found ? body && JSON.stringify(body) : '404 page not found\n');
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
