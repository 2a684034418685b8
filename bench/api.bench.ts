/** The API server, started as a program on loopback, under the series that the peers' figures in README.md come from. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpTransport, readBody, type Transport } from '@typernetes/client';
import { createAuthority, createLeaf } from '@typernetes/pki';

const port = 16443;
const clients = 32;
const folder = mkdtempSync(join(tmpdir(), 'api-bench-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 };
const ca = await createAuthority({ commonName: 'bench', ...validity });
const serving = await createLeaf(ca, {
  commonName: 'kube-apiserver',
  ...validity,
  ipAddresses: ['127.0.0.1'],
  usages: ['digital signature', 'server auth'],
});
const admin = await createLeaf(ca, {
  commonName: 'admin',
  organizations: ['system:masters'],
  ...validity,
  usages: ['digital signature', 'client auth'],
});
const transport = httpTransport({
  server: `https://127.0.0.1:${port}`,
  tls: { ca: ca.certificate, cert: admin.certificate, key: admin.privateKey },
});

const startedAt = performance.now();
const program = spawn(
  process.execPath,
  [
    join(import.meta.dirname, '..', 'apps', 'kube-apiserver', 'src', 'main.ts'),
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=192.0.2.1',
    '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.96.0.0/12',
    `--client-ca-file=${file('ca.crt', ca.certificate)}`,
    `--tls-cert-file=${file('tls.crt', serving.certificate)}`,
    `--tls-private-key-file=${file('tls.key', serving.privateKey)}`,
    `--storage-path=${join(folder, 'store.db')}`,
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
try {
  await untilReady(transport);
  report('exec to /readyz', { ms: Math.round(performance.now() - startedAt) });
  await series(transport);
} finally {
  transport.close();
  program.kill();
  await new Promise((resolve) => program.once('close', resolve));
  rmSync(folder, { recursive: true });
}

async function series(to: Transport): Promise<void> {
  const base = '/api/v1/namespaces/bench/configmaps';
  const fill = 'x'.repeat(1024);
  const map = (i: number, extra = ''): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `cm-${i}`, labels: { idx: String(i % 10) } },
      data: { payload: fill + extra },
    });
  const call = async (method: string, path: string, body?: string, type = 'application/json'): Promise<void> => {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': type };
    const response = await to.request({ method, path, headers, ...(body === undefined ? {} : { body }) });
    const bytes = await readBody(response);
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${Buffer.from(bytes)}`);
  };
  await call('POST', '/api/v1/namespaces', '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}}');
  const n = 2000;
  await measure('create', n, clients, (i) => call('POST', base, map(i)));
  await measure('get one', 2 * n, clients, () => call('GET', `${base}/cm-7`));
  await measure('list 2,000', 40, 1, () => call('GET', base));
  await measure('list, resourceVersion=0', 40, 1, () => call('GET', `${base}?resourceVersion=0`));
  await measure('list, limit=500', 40, 1, () => call('GET', `${base}?limit=500`));
  await measure('update', n, clients, (i) => call('PUT', `${base}/cm-${i}`, map(i, 'u')));
  await measure('merge patch', n, clients, (i) =>
    call('PATCH', `${base}/cm-${i}`, '{"metadata":{"annotations":{"a":"b"}}}', 'application/merge-patch+json'),
  );
  await measure('apply patch', n / 2, clients, (i) =>
    call(
      'PATCH',
      `${base}/cm-${i}?fieldManager=bench&force=true`,
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `cm-${i}` }, data: { payload: 'v' } }),
      'application/apply-patch+yaml',
    ),
  );
  await measure('80 % get, 20 % put', 2 * n, clients, (i) =>
    i % 5 > 0 ? call('GET', `${base}/cm-${i % n}`) : call('PUT', `${base}/cm-${i % n}`, map(i % n, `m${i}`)),
  );
  await measure('delete', n, clients, (i) => call('DELETE', `${base}/cm-${i}`));
}

async function measure(name: string, count: number, workers: number, work: (i: number) => Promise<void>) {
  const took: number[] = [];
  let next = 0;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (next < count) {
        const i = next++;
        const start = performance.now();
        await work(i);
        took.push(performance.now() - start);
      }
    }),
  );
  took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((took[Math.floor(took.length * share)] ?? 0) * 10) / 10;
  report(name, { perSecond: Math.round((count * 1000) / (performance.now() - from)), p50: at(0.5), p99: at(0.99) });
}

function report(series: string, figures: Readonly<Record<string, number>>): void {
  console.log(JSON.stringify({ series, ...figures }));
}

/** Asks again and again, at most for half a minute. */
async function untilReady(to: Transport): Promise<void> {
  for (let attempt = 0; attempt < 1500; attempt++) {
    try {
      const response = await to.request({ method: 'GET', path: '/readyz' });
      await readBody(response);
      if (response.status === 200) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('The server did not become ready');
}
