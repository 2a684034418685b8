/** The API server, started as a program on loopback, under the series that the peers' figures in README.md come from. */
import { readFileSync } from 'node:fs';
import { linesOf, readBody, type Transport } from '@typernetes/client';
import { makeServerPlace, startServer } from '../test/integration/server-program.ts';

const clients = 32;
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const pod = (i: number): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${i}`, labels: { app: 'bench' } },
    spec: {
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'main',
          image: 'nginx:1.7.9',
          ports: [{ containerPort: 80 }],
          resources: { requests: { cpu: '100m', memory: '64Mi' } },
        },
      ],
    },
  });

/** Flags for the server's Node: `--cpu-prof --cpu-prof-dir=…` tells where the time goes. */
const nodeFlags = process.argv.slice(2);
const place = await makeServerPlace();
const transport = place.connect();

const startedAt = performance.now();
const program = await startServer(place, { nodeFlags });
try {
  report('exec to /readyz', { ms: Math.round(performance.now() - startedAt), cpuMs: cpuMs(), rssMiB: rssMiB() });
  await series(transport);
  await fanOut(transport, { watchers: 100, objects: 200 });
} finally {
  transport.close();
  await program.end('SIGTERM');
  place.remove();
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
  const call = (method: string, path: string, body?: string, type?: string): Promise<void> =>
    send(to, { method, path, body, type });
  await call('POST', '/api/v1/namespaces', '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}}');
  const n = 2000;
  const account = '/api/v1/namespaces/bench/serviceaccounts';
  await call('POST', account, '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}');
  await measure('create', n, clients, (i) => call('POST', base, map(i)));
  await measure('get one', 2 * n, clients, () => call('GET', `${base}/cm-7`));
  await measure('list 2,000', 40, 1, () => call('GET', base));
  await measure('list, resourceVersion=0', 40, 1, () => call('GET', `${base}?resourceVersion=0`));
  await measure('list, limit=500', 40, 1, () => call('GET', `${base}?limit=500`));
  await measure('Table of 2,000', 20, 1, () => send(to, { method: 'GET', path: base, accept: table }));
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
  await measure('create pod', n, clients, (i) => call('POST', '/api/v1/namespaces/bench/pods', pod(i)));
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly type?: string | undefined;
  readonly accept?: string;
}

async function send(to: Transport, { method, path, body, type, accept }: Call): Promise<void> {
  const headers = {
    ...(accept === undefined ? {} : { accept }),
    ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }),
  };
  const response = await to.request({ method, path, headers, ...(body === undefined ? {} : { body }) });
  const bytes = await readBody(response);
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${Buffer.from(bytes)}`);
}

/** One writer, many watchers: from just before an object is sent to its arrival at each of them. */
async function fanOut(to: Transport, { watchers, objects }: { watchers: number; objects: number }): Promise<void> {
  const path = '/api/v1/namespaces/bench/secrets';
  const stop = new AbortController();
  const sent = new Map<string, number>();
  const took: number[] = [];
  const done = Promise.withResolvers<void>();
  const watching = Array.from({ length: watchers }, async () => {
    const response = await to.request({ method: 'GET', path: `${path}?watch=1`, signal: stop.signal });
    for await (const line of linesOf(response.body)) {
      const name = /"name":"(w-[0-9]+)"/.exec(line)?.[1];
      if (name === undefined) continue;
      took.push(performance.now() - (sent.get(name) ?? 0));
      if (took.length === watchers * objects) done.resolve();
    }
  });
  await send(to, { method: 'GET', path });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const [from, cpu] = [performance.now(), cpuMs()];
  for (let i = 0; i < objects; i++) {
    const name = `w-${i}`;
    sent.set(name, performance.now());
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { payload: 'y'.repeat(256) } };
    await send(to, { method: 'POST', path, body: JSON.stringify(body) });
  }
  await done.promise;
  reportTimes(`watch, ${watchers} watchers`, took, { count: took.length, from, cpu });
  stop.abort();
  await Promise.allSettled(watching);
}

async function measure(name: string, count: number, workers: number, work: (i: number) => Promise<void>) {
  const took: number[] = [];
  let next = 0;
  const [from, cpu] = [performance.now(), cpuMs()];
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
  reportTimes(name, took, { count, from, cpu });
}

function reportTimes(name: string, took: number[], { count, from, cpu }: { count: number; from: number; cpu: number }) {
  took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((took[Math.floor(took.length * share)] ?? 0) * 10) / 10;
  report(name, {
    perSecond: Math.round((count * 1000) / (performance.now() - from)),
    p50: at(0.5),
    p99: at(0.99),
    serverCpuUs: Math.round(((cpuMs() - cpu) * 1000) / count),
    rssMiB: rssMiB(),
  });
}

/** What the server has used of the processors: unlike times, it does not grow with what else the machine does. */
function cpuMs(): number {
  const fields = readFileSync(`/proc/${program.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function rssMiB(): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}

function report(series: string, figures: Readonly<Record<string, number>>): void {
  console.log(JSON.stringify({ series, ...figures }));
}
