import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Runnable, runAll, systemClock, systemRandom, version } from '@typernetes/base';
import { eventRecorder, observedClient, runAsLeader, serverOptions, sharedInformers } from '@typernetes/client';
import { IngressController, Nginx, nginxConfig, noRoutes, ownCertificate, statusWriter } from '@typernetes/ingress';
import { createAuthority, createLeaf } from '@typernetes/pki';
import {
  allowedPaths,
  componentHandler,
  createMetrics,
  listen,
  metricRules,
  ping,
  processMetrics,
  restClientMetrics,
  runProgram,
  startComponent,
} from '@typernetes/process';
import { flags } from './flags.ts';

const oneYearMs = 365 * 24 * 3_600_000;

/** The default certificate, for hosts without one of their own, as ingress-nginx has it. */
async function ownPem(now: number): Promise<string> {
  const validity = { notBefore: now - 3_600_000, notAfter: now + oneYearMs };
  const authority = await createAuthority({ commonName: 'Kubernetes Ingress Controller Fake Authority', ...validity });
  const { certificate, privateKey } = await createLeaf(authority, {
    commonName: 'Kubernetes Ingress Controller Fake Certificate',
    dnsNames: ['ingress.local'],
    usages: ['digital signature', 'key encipherment', 'server auth'],
    ...validity,
  });
  return `${certificate}\n${privateKey}`;
}

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'ingress', async (args, signal) => {
  const clock = systemClock;
  const started = startComponent(process, { name: 'ingress', specs: flags, version, clock }, args);
  if (!started) return;
  const { flags: given, log } = started;
  const namespace = process.env.POD_NAMESPACE ?? 'kube-system';
  const metrics = createMetrics(metricRules(given));
  processMetrics(metrics, clock.now());
  const options = serverOptions({ kubeconfig: given.kubeconfig, master: '' }, process.env);
  const client = observedClient({ ...options, userAgent: 'ingress' }, { clock, observe: restClientMetrics(metrics) });
  const informers = sharedInformers({ client, log });
  const recorder = eventRecorder({ client, component: 'ingress', host: hostname(), clock, log, signal });
  const place = {
    folder: given['nginx-folder'],
    httpPort: given['http-port'],
    httpsPort: given['https-port'],
    ipv6: existsSync('/proc/net/if_inet6'),
  };
  const own = await ownPem(clock.now());
  const nginx = new Nginx({ program: given['nginx-program'], folder: place.folder, log });
  // Until the state of the cluster is known, nginx answers without routes.
  const { refusal } = await nginx.serve(nginxConfig(noRoutes, place).text, new Map([[ownCertificate, own]]));
  if (refusal) throw new Error(`nginx -t: ${refusal.why}`);
  const controller = new IngressController(
    { controllerName: given['controller-class'], place, ownPem: own },
    { informers, nginx, recorder, clock, log },
  );
  const writer = statusWriter(
    { namespace, podSelector: given['pod-selector'] },
    { informers, client, mine: () => controller.mine(), clock, log },
  );
  const status: Runnable = {
    name: writer.name,
    run: (scope) =>
      runAsLeader(
        {
          client,
          lease: { namespace, name: 'typernetes-ingress' },
          identity: `${hostname()}_${randomUUID()}`,
          clock,
          random: systemRandom,
          log,
        },
        (leading) => writer.run(leading),
        scope,
      ),
  };
  const check = (what: boolean, otherwise: string): void => {
    if (!what) throw new Error(otherwise);
  };
  const nginxRuns = { name: 'nginx', check: () => check(nginx.isRunning, 'nginx does not run') };
  const routesKnown = { name: 'routes', check: () => check(controller.isReady, 'the routes are not known yet') };
  const serving = await listen({
    name: 'ingress',
    address: '0.0.0.0',
    port: given['healthz-port'],
    handle: componentHandler({
      isOpen: allowedPaths(['/healthz', '/readyz', '/metrics']),
      health: { healthz: [ping, nginxRuns], readyz: [ping, nginxRuns, routesKnown] },
      metrics,
    }),
  });
  await runAll([serving, informers, nginx, controller, status], signal);
});
