import { readFileSync } from 'node:fs';
import { runAll, systemClock, version } from '@typernetes/base';
import { httpTransport, inClusterOptions, restClient, sharedInformers } from '@typernetes/client';
import {
  cachedForwarder,
  clusterView,
  dnsMetrics,
  dnsServer,
  forwarder,
  lookup,
  nameServers,
} from '@typernetes/cluster-dns';
import {
  componentHandler,
  createMetrics,
  listen,
  ping,
  processMetrics,
  programFlags,
  runProgram,
  startComponent,
} from '@typernetes/process';

const flags = {
  ...programFlags,
  'cluster-domain': {
    type: 'string',
    default: 'cluster.local',
    help: 'The domain whose names are answered from the API',
  },
  address: { type: 'string', default: '0.0.0.0', help: 'Address to serve DNS on' },
  port: { type: 'number', default: 53, help: 'Port to serve DNS on, UDP and TCP' },
  ttl: { type: 'number', default: 30, help: 'Time to live of answers, in seconds' },
  'resolv-conf': {
    type: 'string',
    default: '/etc/resolv.conf',
    help: 'Names the servers that other names are handed on to',
  },
  'health-port': { type: 'number', default: 8080, help: 'Port of /health' },
  'ready-port': { type: 'number', default: 8181, help: 'Port of /ready' },
  'metrics-port': { type: 'number', default: 9153, help: 'Port of /metrics' },
  v: { type: 'number', short: 'v', default: 0, help: 'Log verbosity' },
} as const;

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'cluster-dns', async (args, signal) => {
  const started = startComponent(process, { name: 'cluster-dns', specs: flags, version, clock: systemClock }, args);
  if (!started) return;
  const { flags: given, log } = started;
  const client = restClient(httpTransport({ ...inClusterOptions(process.env), userAgent: 'cluster-dns' }));
  const informers = sharedInformers({ client, log });
  const view = clusterView(informers);
  const zone = {
    domain: given['cluster-domain'].replace(/\.$/, '').toLowerCase(),
    ttl: given.ttl,
    serial: () => Math.floor(systemClock.now() / 1000),
  };
  // A server that names itself would hand queries on to itself without end.
  const servers = nameServers(readFileSync(given['resolv-conf'], 'utf8')).filter(
    (server) => !server.startsWith('127.'),
  );
  let ready = false;
  const metrics = createMetrics();
  processMetrics(metrics, systemClock.now());
  metrics
    .gauge('coredns_build_info', {
      help: "A metric with a constant '1' value labeled by version.",
      labels: ['version'],
      stability: '',
    })
    .set(1, [version]);
  const dns = dnsServer({
    host: given.address,
    port: given.port,
    log,
    lookup: (name, type) => lookup(name, type, view, zone),
    onQuery: dnsMetrics(metrics, { port: given.port, clock: systemClock }),
    forwarder:
      servers.length > 0
        ? cachedForwarder(forwarder({ servers, timeoutMs: 2000, clock: systemClock }), systemClock)
        : undefined,
  });
  const endpoint = (name: string, port: number, handle: Parameters<typeof listen>[0]['handle']) =>
    listen({ name, address: '0.0.0.0', port, handle });
  const answering =
    (isUp: () => boolean): Parameters<typeof listen>[0]['handle'] =>
    (_request, response) => {
      response.writeHead(isUp() ? 200 : 503, { 'Content-Type': 'text/plain' }).end(isUp() ? 'OK' : 'kubernetes');
    };
  const serving = await Promise.all([
    endpoint(
      'health',
      given['health-port'],
      answering(() => true),
    ),
    endpoint(
      'ready',
      given['ready-port'],
      answering(() => ready),
    ),
    endpoint('metrics', given['metrics-port'], componentHandler({ health: { healthz: [ping] }, metrics })),
  ]);
  await runAll(
    [
      informers,
      ...serving,
      {
        // Names that are there must never be denied because they were not known yet.
        name: 'dns',
        run: async (scope) => {
          await informers.untilSynced(scope);
          ready = true;
          log.info('Serving DNS', { domain: zone.domain, port: given.port, forwardTo: servers });
          await dns.run(scope);
        },
      },
    ],
    signal,
  );
});
