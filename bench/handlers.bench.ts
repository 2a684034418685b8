/**
 * The cost of a request without sockets: the configured server in this process, one request after the other, objects in
 * memory. With `--kubelets=N`, N watchers each follow the pods of one node.
 */
import { parseArgs } from 'node:util';
import { startBareServer } from './bare-server.ts';
import { configMaps, objectSeries } from './object-series.ts';

const { values, positionals: only } = parseArgs({
  options: { kubelets: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const server = await startBareServer();
const { call } = server;
const podEvents = '/api/v1/namespaces/default/events';

/** A kubelet that watches the pods of its node until `signal` aborts. */
async function follow(node: string, signal: AbortSignal): Promise<void> {
  const path = `/api/v1/pods?watch=true&fieldSelector=spec.nodeName%3D${node}`;
  const headers = { 'user-agent': 'bench/1.0' };
  const { body } = await server.transport.request({ method: 'GET', path, headers, signal });
  const events = body[Symbol.asyncIterator]();
  const next = (): void =>
    void events.next().then(
      ({ done }) => (done ? undefined : next()),
      () => undefined,
    );
  next();
}

/** The scheduler's update for a pod that it has bound. */
function scheduled(i: number): object {
  const at = '2026-01-01T00:00:00Z';
  const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: `pod-${i}` };
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'default', name: `pod-${i}.18f0` },
    involvedObject: { ...pod, uid: 'u', resourceVersion: '1' },
    reason: 'Scheduled',
    message: `Successfully assigned default/pod-${i} to node-1`,
    source: { component: 'default-scheduler' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type: 'Normal',
    reportingComponent: 'default-scheduler',
    reportingInstance: '',
  };
}

interface Series {
  readonly name: string;
  readonly work: (i: number) => Promise<void>;
  /** Repetitions per round: lists cover all objects, so they run less often than the rest. */
  readonly count: number;
}

const objects = 4000;
const list = (name: string, count: number, query = '', accept = 'application/json'): Series => ({
  name,
  count,
  work: () => server.ask({ method: 'GET', path: configMaps + query, headers: { accept } }),
});
const lists: readonly Series[] = [
  list('list all', 40),
  list('list, limit=500', 100, '?limit=500'),
  list('list all as Table', 20, '', 'application/json;as=Table;g=meta.k8s.io;v=v1'),
  list("list all's metadata", 40, '', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'),
];
const event = (name: string, work: Series['work']): Series => ({ name, work, count: objects });
const events: readonly Series[] = [
  event('create event', (i) => call('POST', podEvents, scheduled(i))),
  event('delete event', (i) => call('DELETE', `${podEvents}/pod-${i}.18f0`)),
];
const series: readonly Series[] = [
  ...objectSeries.flatMap(([name, work]) => {
    const one = { name, count: objects, work: (i: number) => work(call, i) };
    return name === 'get' ? [one, ...lists] : [one];
  }),
  ...events,
];
const kubelets = new AbortController();
try {
  for (let i = 0; i < Number(values.kubelets); i++) await follow(`node-${i}`, kubelets.signal);
  // Names of series; all if none are given. Without the deletes there is only one round.
  for (let round = 0; round < (only.length > 0 && !only.some((name) => name.startsWith('delete')) ? 1 : 3); round++)
    for (const { name, work, count } of series) {
      if (only.length > 0 && !only.includes(name)) continue;
      const from = process.cpuUsage();
      for (let i = 0; i < count; i++) await work(i);
      const { user, system } = process.cpuUsage(from);
      console.log(JSON.stringify({ round, series: name, cpuUs: Math.round((user + system) / count) }));
    }
} finally {
  kubelets.abort();
  await server.close();
}
