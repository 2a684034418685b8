import { readFile } from 'node:fs/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { type Runnable, runAll, systemRandom } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import {
  Access,
  httpMetrics,
  type Kubelet,
  KubeletServer,
  NodeCpuReader,
  SystemContainers,
  tracedServer,
} from '@typernetes/kubelet';
import { answerHealth, listen, parseDuration, ping, tlsRules } from '@typernetes/process';
import { servingRotator } from './certificates.ts';
import { followServingFiles } from './serving-files.ts';
import type { Setting } from './setting.ts';

interface Serving {
  /** Undefined without an API server. */
  readonly client: ApiClient | undefined;
  readonly cpus: number;
}

/** Serves the node's API. Pods do not have to wait for a certificate that must be made first. */
export function serving(setting: Setting, kubelet: Kubelet, options: Serving): Runnable {
  return {
    name: 'serving',
    run: async (signal) => runAll(await servers(setting, kubelet, options), signal),
  };
}

async function servers(setting: Setting, kubelet: Kubelet, { client, cpus }: Serving): Promise<Runnable[]> {
  const { config, clock, log, metrics, tracing } = setting;
  const parts = config.healthzPort > 0 ? [await healthServer(setting)] : [];
  const { address, readOnlyPort, enableServer } = config;
  if (!enableServer && !readOnlyPort) return parts;
  const server = kubeletServer(setting, kubelet, { client, cpus });
  const observed = httpMetrics(metrics, clock);
  const counted: typeof observed = (handle, kind) => observed(tracing ? tracedServer(handle, tracing) : handle, kind);
  if (readOnlyPort) {
    const handle = counted(server.handleReadOnly, 'readonly');
    parts.push(await listen({ name: 'read-only', address, port: readOnlyPort, handle }));
  }
  // Only the other port is meant.
  if (!enableServer) return parts;
  const secure = await secureServer(setting, counted(server.handle, 'readwrite'));
  secure.server.on('upgrade', server.upgrade);
  parts.push(secure, ...followServingFiles(secure, { config, clock, log }));
  if (config.serverTLSBootstrap && client) {
    const certificates = { ...setting, certDir: setting.flags['cert-dir'], random: systemRandom };
    parts.push(await servingRotator(secure, client, certificates));
  }
  return parts;
}

/** `/healthz` by plain HTTP. */
async function healthServer({ config }: Setting): Promise<Runnable> {
  return listen({
    name: 'healthz',
    address: config.healthzBindAddress,
    port: config.healthzPort,
    handle: (request, response) => {
      void answerHealth(new URL(request.url ?? '/', 'http://kubelet'), { healthz: [ping] }).then((health) => {
        response.writeHead(health?.status ?? 404, { 'content-type': 'text/plain; charset=utf-8' });
        response.end(health?.body ?? '404 page not found\n');
      });
    },
  });
}

async function secureServer(setting: Setting, handle: Parameters<typeof listen>[0]['handle']) {
  const { config } = setting;
  const { clientCaFile } = config.authentication;
  return listen({
    name: 'kubelet',
    address: config.address,
    port: config.port,
    tls: await servingIdentity(setting),
    rules: tlsRules({
      minVersion: config.tlsMinVersion ?? '',
      cipherSuites: config.tlsCipherSuites ?? [],
      curves: config.tlsCurvePreferences ?? [],
    }),
    ...(clientCaFile ? { clientCa: await readFile(clientCaFile, 'utf8') } : {}),
    handle,
  });
}

/** The certificate files that the configuration names, else a self-signed certificate, kept for the next start. */
async function servingIdentity({ config, flags, nodeName, clock }: Setting) {
  const { identityFiles, keptServing, readIdentity, selfSignedServing } = await import('@typernetes/pki');
  if (config.tlsCertFile && config.tlsPrivateKeyFile)
    return readIdentity({ certificate: config.tlsCertFile, privateKey: config.tlsPrivateKeyFile });
  return keptServing(identityFiles(flags['cert-dir'], 'kubelet'), () => selfSignedServing(nodeName, clock.now()));
}

function kubeletServer(setting: Setting, kubelet: Kubelet, { client, cpus }: Serving): KubeletServer {
  const { config, nodeName, clock, log, runtime, metrics, verbosity, flags } = setting;
  const cpu = new NodeCpuReader(clock);
  const system = new SystemContainers(kubelet.systemGroups, clock);
  return new KubeletServer({
    runtime,
    access: accessTo(setting, client),
    pods: () => kubelet.workers.pods.map((pod): Pod => ({ ...pod, status: kubelet.statuses.last(pod) ?? pod.status })),
    nodeName,
    cpus,
    metrics,
    facts: { name: 'kubelet', flags },
    verbosity,
    probes: () => kubelet.probes.samples,
    settings: config,
    checkpoints: `${flags['root-dir']}/checkpoints`,
    resources: {
      machine: () => kubelet.upkeep.machineUsage(),
      cpu: () => cpu.read(),
      system: () => system.read(),
      group: (pod, id) => kubelet.groupUsage(pod, id),
      swap: (pod, id) => kubelet.swapUsage(pod, id),
      usages: (pods) => kubelet.upkeep.usages.read(pods, () => true),
      mounted: async (pods) => {
        const usages = pods.map(async ({ metadata: { uid } }) => [uid, await kubelet.volumes.usages(uid)] as const);
        return new Map(await Promise.all(usages));
      },
    },
    clock,
    log,
  });
}

/** Who may use the node's API: with an API server, it is the one that is asked. */
function accessTo({ config, nodeName, clock, log }: Setting, client: ApiClient | undefined): Access {
  const { authentication, authorization } = config;
  return new Access({
    anonymous: authentication.anonymous,
    tokens: authentication.webhook,
    authorization: authorization.mode === 'AlwaysAllow' ? 'AlwaysAllow' : 'Webhook',
    nodeName,
    tokenTtlMs: parseDuration(authentication.cacheTtl) ?? 0,
    allowedTtlMs: parseDuration(authorization.allowedTtl) ?? 0,
    deniedTtlMs: parseDuration(authorization.deniedTtl) ?? 0,
    clock,
    log,
    client,
  });
}
