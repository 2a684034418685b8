import { hostname } from 'node:os';
import { acceptGates, readGates } from '@typernetes/api/gate-settings';
import { type Logger, type Runnable, runAll, systemClock, systemRandom, version } from '@typernetes/base';
import { delegation, httpTransport, observedTransport, restClient, type Transport } from '@typernetes/client';
import { runControllerManager, selectControllers } from '@typernetes/controllers';
import {
  allowedPaths,
  componentHandler,
  componentLogger,
  createMetrics,
  FlagError,
  flagUsage,
  listen,
  logSettings,
  type Metrics,
  parseFlags,
  ping,
  processMetrics,
  restClientMetrics,
  runProgram,
} from '@typernetes/process';
import { flags as specs } from './flags.ts';
import { electionOf, type Flags, read, serverOptions, settingsOf } from './options.ts';
import { untilServerAnswers } from './wait.ts';

const name = 'kube-controller-manager';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, name, async (args, signal) => {
  const { flags, positional } = parseFlags(specs, args);
  if (positional.length > 0) throw new FlagError(`unknown command "${positional[0]}" for "${name}"`);
  if (flags.help) process.stdout.write(`Usage:\n  ${name} [flags]\n\nFlags:\n${flagUsage(specs)}`);
  else if (flags.version) process.stdout.write(`Kubernetes ${version}\n`);
  else await run(flags, signal);
});

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const log = componentLogger(logSettings(flags), {
    stream: process.stderr,
    clock: systemClock,
    pid: process.pid,
    source: name,
  });
  for (const warning of acceptGates(readGates(flags['feature-gates']))) log.warn(warning);
  const server = serverOptions(flags, process.env);
  const { cert: _, key: __, ...tls } = server.tls ?? {};
  const metrics = createMetrics();
  processMetrics(metrics, systemClock.now());
  const observe = restClientMetrics(metrics);
  const observed = (transport: Transport): Transport =>
    observedTransport(transport, { host: new URL(server.server).host, clock: systemClock, observe });
  const client = restClient(observed(httpTransport({ ...server, userAgent: name, http2: 'reads' })));
  const anonymous = observed(httpTransport({ server: server.server, tls, userAgent: name, http2: 'reads' }));
  const manager: Runnable = {
    name: 'controllers',
    async run(scope) {
      await untilServerAnswers(client, { clock: systemClock, log, signal: scope });
      const leaderElection = flags['leader-elect'] ? { leaderElection: electionOf(flags) } : {};
      await runControllerManager(
        {
          client,
          anonymous,
          settings: settingsOf(flags),
          controllers: flags.controllers,
          useServiceAccounts: flags['use-service-account-credentials'],
          ...leaderElection,
          clock: systemClock,
          random: systemRandom,
          log,
          metrics,
        },
        scope,
      );
    },
  };
  try {
    await runAll(flags['secure-port'] === 0 ? [manager] : [manager, serving(flags, metrics, log)], signal);
  } finally {
    client.transport.close();
    anonymous.close();
  }
}

/** Health and metrics. The certificate is made beside the controllers' start, not before it. */
function serving(flags: Flags, metrics: Metrics, log: Logger): Runnable {
  const isOpen = allowedPaths(flags['authorization-always-allow-paths']);
  const access = delegation({
    authenticationKubeconfig: flags['authentication-kubeconfig'],
    authorizationKubeconfig: flags['authorization-kubeconfig'],
    userAgent: name,
    clock: systemClock,
    log,
  });
  return {
    name: 'serving',
    async run(signal) {
      const certificate = read(flags['tls-cert-file']);
      const privateKey = read(flags['tls-private-key-file']);
      const given = certificate && privateKey ? { certificate, privateKey } : undefined;
      const clientCa = read(flags['client-ca-file']);
      const identity =
        given ?? (await (await import('@typernetes/pki')).selfSignedServing(hostname(), systemClock.now()));
      // As upstream: each controller has a check of its own, which passes as long as the process answers.
      const running = selectControllers(flags.controllers).map((controller) => ({ ...ping, name: controller.name }));
      const server = await listen({
        name: 'serving',
        address: flags['bind-address'],
        port: flags['secure-port'],
        tls: identity,
        ...(clientCa ? { clientCa } : {}),
        handle: componentHandler({
          isOpen,
          ...(access ? { mayRead: (request) => access.check(request) } : {}),
          health: { healthz: [ping, ...running], livez: [ping], readyz: [ping] },
          metrics,
          json: { '/configz': () => ({ [name]: flags }), '/version': () => ({ gitVersion: version }) },
        }),
      });
      await server.run(signal);
    },
  };
}
