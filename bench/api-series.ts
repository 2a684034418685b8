import { linesOf, readBody, type Transport } from '@typernetes/client';
import type { Meter } from './meter.ts';
import { sampleConfigMap } from './sample-config-map.ts';

const clients = 32;
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly type?: string | undefined;
  readonly accept?: string;
}

/** One measurement: `count` times `work`, by a number of concurrent workers. */
interface Series {
  readonly name: string;
  readonly count: number;
  readonly workers: number;
  readonly work: (i: number) => Promise<void>;
}

/**
 * All series, ordered so that each finds the objects it needs: `objects` ConfigMaps of 1 KB, and lists of all of them.
 */
function seriesOf(to: Transport, namespace: string, objects: number): Series[] {
  const base = `/api/v1/namespaces/${namespace}/configmaps`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const merge = '{"metadata":{"annotations":{"a":"b"}}}';
  const call = (method: string, path: string, body?: string, type?: string): Promise<void> =>
    send(to, { method, path, body, type });
  const each = (name: string, count: number, work: Series['work']): Series => ({ name, count, workers: clients, work });
  const alone = (name: string, count: number, work: Series['work']): Series => ({ name, count, workers: 1, work });
  const apply = (i: number): Promise<void> =>
    call('PATCH', `${base}/cm-${i}?fieldManager=bench&force=true`, applied(i), 'application/apply-patch+yaml');
  const lists = objects > 10_000 ? 10 : 40;
  return [
    each('create', objects, (i) => call('POST', base, sampleConfigMap(i))),
    each('get one', 2 * objects, () => call('GET', `${base}/cm-7`)),
    alone('list all', lists, () => call('GET', base)),
    alone('list all, resourceVersion=0', lists, () => call('GET', `${base}?resourceVersion=0`)),
    alone('list, limit=500', 40, () => call('GET', `${base}?limit=500`)),
    alone('list all as Table', lists / 2, () => send(to, { method: 'GET', path: base, accept: table })),
    each('update', objects, (i) => call('PUT', `${base}/cm-${i}`, sampleConfigMap(i, 'u'))),
    each('merge patch', objects, (i) => call('PATCH', `${base}/cm-${i}`, merge, 'application/merge-patch+json')),
    each('apply patch', objects / 2, apply),
    each('80 % get, 20 % put', 2 * objects, (i) =>
      i % 5 > 0
        ? call('GET', `${base}/cm-${i % objects}`)
        : call('PUT', `${base}/cm-${i % objects}`, sampleConfigMap(i % objects, `m${i}`)),
    ),
    each('delete', objects, (i) => call('DELETE', `${base}/cm-${i}`)),
    each('create pod', objects, (i) => call('POST', pods, pod(i))),
  ];
}

const applied = (i: number): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `cm-${i}` }, data: { payload: 'v' } });
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

/** Runs the series one after the other in a namespace that it creates, and the watchers at the end. */
export async function runSeries(
  to: Transport,
  meter: Meter,
  { namespace = 'bench', objects }: { readonly namespace?: string; readonly objects: number },
): Promise<void> {
  const create = (path: string, kind: string, name: string): Promise<void> =>
    send(to, { method: 'POST', path, body: JSON.stringify({ apiVersion: 'v1', kind, metadata: { name } }) });
  await create('/api/v1/namespaces', 'Namespace', namespace);
  await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, 'ServiceAccount', 'default');
  // As other clients of such series do: the cost of a connection is not part of the cost of a request.
  await connectAll(to);
  for (const series of seriesOf(to, namespace, objects)) await measure(meter, series);
  await fanOut(to, meter, { namespace, watchers: 100, objects: 200 });
}

const connectAll = async (to: Transport): Promise<void> => {
  for (let i = 0; i < 2; i++)
    await Promise.all(Array.from({ length: clients }, () => send(to, { method: 'GET', path: '/version' })));
};

async function measure(meter: Meter, { name, count, workers, work }: Series): Promise<void> {
  const took: number[] = [];
  let next = 0;
  const finish = meter.begin(name);
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
  await finish(took);
}

/** One writer, many watchers: measures from just before an object is sent to its arrival at each watcher. */
async function fanOut(
  to: Transport,
  meter: Meter,
  { namespace, watchers, objects }: { namespace: string; watchers: number; objects: number },
) {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
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
  const finish = meter.begin(`event to one of ${watchers}`);
  for (let i = 0; i < objects; i++) {
    const name = `w-${i}`;
    sent.set(name, performance.now());
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { payload: 'y'.repeat(256) } };
    await send(to, { method: 'POST', path, body: JSON.stringify(body) });
  }
  await done.promise;
  await finish(took);
  stop.abort();
  await Promise.allSettled(watching);
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
