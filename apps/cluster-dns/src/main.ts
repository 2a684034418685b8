import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, runAll, systemClock, systemRandom, version } from '@typernetes/base';
import { httpTransport, inClusterOptions, restClient, sharedInformers } from '@typernetes/client';
import { CorefileError, clusterAccess, dnsLog, dnsMetrics, liveServer } from '@typernetes/cluster-dns';
import {
  componentHandler,
  createMetrics,
  ExitError,
  ping,
  processMetrics,
  programFlags,
  runProgram,
  startComponent,
} from '@typernetes/process';

const flags = {
  ...programFlags,
  conf: { type: 'string', default: 'Corefile', help: 'Corefile to load, as CoreDNS reads it' },
  address: { type: 'string', default: '0.0.0.0', help: 'Address to serve DNS on' },
  v: { type: 'number', short: 'v', default: 0, help: 'Log verbosity' },
} as const;

/** CoreDNS' flags have a single dash. */
const withTwoDashes = (arg: string): string => arg.replace(/^-(?=(?:conf|version)\b)/, '--');

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'cluster-dns', async (args, signal) => {
  const component = { name: 'cluster-dns', specs: flags, version, clock: systemClock };
  const started = startComponent(process, component, args.map(withTwoDashes));
  if (!started) return;
  const { flags: given, log } = started;
  const metrics = createMetrics();
  processMetrics(metrics, systemClock.now());
  metrics
    .gauge('coredns_build_info', {
      help: "A metric with a constant '1' value labeled by version.",
      labels: ['version'],
      stability: '',
    })
    .set(1, [version]);
  // Created only when a Corefile needs it: outside of a cluster there is none.
  const client = (): ReturnType<typeof restClient> =>
    restClient(httpTransport({ ...inClusterOptions(process.env), userAgent: 'cluster-dns' }));
  let access: ReturnType<typeof clusterAccess> | undefined;
  const cluster = (): ReturnType<typeof clusterAccess> => {
    access ??= clusterAccess(sharedInformers({ client: client(), log }), signal);
    return access;
  };
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const server = liveServer({
    host: given.address,
    read: () => readFileSync(given.conf, 'utf8'),
    file: given.conf,
    source: {
      environment: process.env,
      imported: (pattern, from) =>
        globSync(pattern, { cwd: dirname(from) })
          .sort()
          .map((found) => resolve(dirname(from), found))
          .map((file) => ({ file, text: readFileSync(file, 'utf8') })),
    },
    cluster: {
      view: (settings) => cluster().view(settings),
      untilSynced: async (scope) => access?.untilSynced(scope),
      ended: async () => access?.ended(),
    },
    clock: systemClock,
    random: systemRandom,
    log,
    dnsLog: dnsLog(process.stdout),
    print,
    metrics: dnsMetrics(metrics, systemClock),
    metricsHandler: componentHandler({ health: { healthz: [ping] }, metrics }),
  });
  try {
    await runAll([server], signal);
  } catch (error) {
    const problem = error instanceof Error && error.cause;
    if (!(problem instanceof CorefileError)) throw error;
    process.stderr.write(`${messageOf(problem)}\n`);
    throw new ExitError(1);
  } finally {
    await access?.ended();
  }
});
