import { hostname } from 'node:os';
import { acceptGates, gateStates, isGateOn, readGates } from '@typernetes/api/gate-settings';
import { type Logger, type Runnable, runAll, systemClock, systemRandom, version } from '@typernetes/base';
import { delegation, observedClient, serverOptions } from '@typernetes/client';
import { runControllerManager, selectControllers } from '@typernetes/controllers';
import { componentIdentity } from '@typernetes/pki';
import {
  allowedPaths,
  answerTimes,
  componentHandler,
  componentMetrics,
  createMetrics,
  listen,
  type Metrics,
  metricRules,
  ping,
  portRules,
  processMetrics,
  restClientMetrics,
  runProgram,
  type StartedComponent,
  startComponent,
  type Verbosity,
} from '@typernetes/process';
import { accepted } from './accepted-flags.ts';
import { shownConfiguration } from './configz.ts';
import { flags as specs } from './flags.ts';
import { controllersOf, electionOf, flagProblems, read, settingsOf } from './options.ts';
import { untilServerAnswers } from './wait.ts';

const name = 'kube-controller-manager';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, name, async (args, signal) => {
  const component = { name, specs, accepted, version, clock: systemClock, problems: flagProblems };
  const started = startComponent(process, component, args);
  if (started) await run(started, signal);
});

async function run(
  { flags, given, log, verbosity }: StartedComponent<typeof specs>,
  signal: AbortSignal,
): Promise<void> {
  const gates = readGates(flags['feature-gates']);
  for (const warning of acceptGates(gates)) log.warn(warning);
  const server = serverOptions(flags, process.env);
  const { cert: _, key: __, ...tls } = server.tls ?? {};
  const metrics = createMetrics(metricRules(flags));
  processMetrics(metrics, systemClock.now());
  componentMetrics(metrics, { gates: gateStates(gates.settings) });
  const observe = restClientMetrics(metrics);
  const own = { userAgent: name, http2: 'reads' } as const;
  const client = observedClient({ ...server, ...own }, { clock: systemClock, observe });
  const anonymous = observedClient({ server: server.server, tls, ...own }, { clock: systemClock, observe }).transport;
  const manager: Runnable = {
    name: 'controllers',
    async run(scope) {
      await untilServerAnswers(client, { clock: systemClock, log, signal: scope });
      const leaderElection = flags['leader-elect'] ? { leaderElection: electionOf(flags) } : {};
      await runControllerManager(
        {
          client,
          anonymous,
          settings: {
            ...settingsOf(flags),
            storageVersionMigrator: isGateOn('StorageVersionMigrator', gates.settings),
            autoscalingToZero: isGateOn('HPAScaleToZero', gates.settings),
          },
          controllers: controllersOf(flags),
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
    await runAll(
      flags['secure-port'] === 0 ? [manager] : [manager, serving({ flags, given }, { metrics, log, verbosity })],
      signal,
    );
  } finally {
    client.transport.close();
    anonymous.close();
  }
}

/** Serves health and metrics. The certificate is made while the controllers start, not before. */
function serving(
  { flags, given }: Pick<StartedComponent<typeof specs>, 'flags' | 'given'>,
  { metrics, log, verbosity }: { readonly metrics: Metrics; readonly log: Logger; readonly verbosity: Verbosity },
): Runnable {
  const isOpen = allowedPaths(flags['authorization-always-allow-paths']);
  const access = delegation({
    authenticationKubeconfig: flags['authentication-kubeconfig'],
    authorizationKubeconfig: flags['authorization-kubeconfig'],
    cached: answerTimes(flags),
    userAgent: name,
    clock: systemClock,
    log,
  });
  return {
    name: 'serving',
    async run(signal) {
      const clientCa = read(flags['client-ca-file']);
      // As upstream: each controller has a health check, which passes as long as the process answers.
      const running = selectControllers(controllersOf(flags)).map((controller) => ({ ...ping, name: controller.name }));
      const server = await listen({
        name: 'serving',
        address: flags['bind-address'],
        port: flags['secure-port'],
        tls: await componentIdentity(name, { flags, host: hostname(), now: systemClock.now() }),
        rules: portRules(flags),
        ...(clientCa ? { clientCa } : {}),
        handle: componentHandler({
          isOpen,
          ...(access ? { mayRead: (request) => access.check(request) } : {}),
          health: { healthz: [ping, ...running], livez: [ping], readyz: [ping] },
          metrics,
          resettable: true,
          facts: { name, flags, clock: systemClock },
          ...(flags.profiling ? { profiling: { verbosity, clock: systemClock } } : {}),
          json: {
            '/configz': () => ({ 'kubecontrollermanager.config.k8s.io': shownConfiguration({ flags, given }) }),
            '/version': () => ({ gitVersion: version }),
          },
        }),
      });
      await server.run(signal);
    },
  };
}
