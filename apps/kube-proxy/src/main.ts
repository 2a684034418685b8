import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, hostname, networkInterfaces } from 'node:os';
import { acceptGates, gateProblems, gateStates, gateWarnings } from '@typernetes/api/gate-settings';
import { codeOf, type IpFamily, type Logger, messageOf, runAll, systemClock, version } from '@typernetes/base';
import { observedClient, seriesRecorder, serverOptions, sharedInformers } from '@typernetes/client';
import {
  applyConntrack,
  completeProxyConfig,
  conntrackSettings,
  decodeProxyConfig,
  forgetUdpFlows,
  HealthCheckPorts,
  isProxyMode,
  Proxier,
  type ProxyConfig,
  proxyConfigKind,
  proxyHealthHandler,
  proxyMetrics,
  shownConfiguration,
  validateProxyConfig,
} from '@typernetes/kube-proxy';
import {
  componentHandler,
  componentMetrics,
  createMetrics,
  encodeYaml,
  listen,
  metricRules,
  ping,
  processMetrics,
  restClientMetrics,
  runProgram,
  startComponent,
  withConfigFlags,
} from '@typernetes/process';
import { ConfigFileWatch } from './config-file-watch.ts';
import { accepted, fields, flags, forEveryMode } from './flags.ts';
import { removeRules, serviceRules } from './service-rules.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'kube-proxy', async (args, signal) => {
  const component = { name: 'kube-proxy', specs: flags, accepted, version, clock: systemClock };
  const started = startComponent(process, component, args);
  if (!started) return;
  const { flags: given, log, verbosity } = started;
  const families: IpFamily[] = existsSync('/proc/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4'];
  if (given.cleanup) return removeRules(families, ['iptables', 'nftables'], log);
  const text = given.config === '' ? undefined : readFileSync(given.config, 'utf8');
  const file = text === undefined ? forEveryMode(withConfigFlags({}, fields, started)) : decodeProxyConfig(text);
  if (given['write-config-to'] !== '') {
    writeFileSync(given['write-config-to'], encodeYaml({ ...proxyConfigKind, ...file }));
    return;
  }
  const config = completeProxyConfig(file);
  const gates = { warnings: gateWarnings(config.featureGates), problems: gateProblems(config.featureGates) };
  for (const warning of acceptGates(gates)) log.warn(warning);
  const problems = validateProxyConfig(config);
  const { mode } = config;
  if (problems.length > 0 || !isProxyMode(mode)) throw new Error(problems.join(', '));
  if (mode === 'iptables') routeLocalnet(config, log);
  for (const problem of applyConntrack(conntrackSettings(config.conntrack, cpus().length)))
    log.warn('Connections are tracked as the machine has it set', { error: problem });

  if (given['init-only']) return;
  // The rules of a mode that was used before would still take the traffic.
  await removeRules(families, mode === 'iptables' ? ['nftables'] : ['iptables'], log);
  const server = serverOptions({ kubeconfig: config.kubeconfig, master: given.master }, process.env);
  const metrics = createMetrics(metricRules(given));
  processMetrics(metrics, systemClock.now());
  componentMetrics(metrics, { gates: gateStates(config.featureGates) });
  const observe = restClientMetrics(metrics);
  const client = observedClient({ ...server, userAgent: 'kube-proxy' }, { clock: systemClock, observe });
  const syncs = proxyMetrics(metrics, mode);
  const informers = sharedInformers({ client, log });
  const name = given['hostname-override'] || config.hostnameOverride || hostname().toLowerCase();
  const { masqueradeAll, masqueradeBit, minSyncPeriodMs, syncPeriodMs } = config[mode];
  const { podDetection, nodePortAddresses } = config;
  const { localhostNodePorts } = config.iptables;
  const localAddresses = (): string[] =>
    Object.values(networkInterfaces()).flatMap((ones) => (ones ?? []).map(({ address }) => address));
  const isHealthy = (): boolean => proxiers.every((proxier) => proxier.healthy);
  const healthPorts = new HealthCheckPorts({ log, isHealthy });
  const proxiers = families.map((family) => {
    const node = { name, masqueradeAll, masqueradeBit, localhostNodePorts };
    return new Proxier(
      {
        family,
        node,
        podDetection,
        nodePortAddresses,
        serviceCIDRs: mode === 'nftables',
        minSyncPeriodMs,
        syncPeriodMs,
      },
      {
        informers,
        rules: serviceRules(mode, family, { log, onCleanupFailure: () => syncs.cleanupFailed(family) }),
        forgetUdpFlows: (flows) => forgetUdpFlows(family, flows),
        healthPorts,
        metrics: syncs,
        localAddresses,
        clock: systemClock,
        log,
      },
    );
  });
  const health = proxyHealthHandler(
    systemClock.now,
    () => ({
      healthy: isHealthy(),
      nodeEligible: proxiers.every(({ nodeEligible }) => nodeEligible),
      lastSync: Math.max(...proxiers.map(({ lastSync = 0 }) => lastSync)),
    }),
    syncs.asked,
  );
  const status = componentHandler({
    health: { healthz: [ping] },
    metrics,
    facts: { name: 'kube-proxy', flags: given, clock: systemClock },
    ...(config.enableProfiling ? { profiling: { verbosity, clock: systemClock } } : {}),
    json: { '/configz': () => ({ 'kubeproxy.config.k8s.io': shownConfiguration(file, config) }) },
    text: { '/proxyMode': () => config.mode },
  });
  const serving = await Promise.all(
    [
      { name: 'healthz', at: config.healthzBindAddress, handle: health },
      { name: 'metrics', at: config.metricsBindAddress, handle: status },
    ].map(({ name, at, handle }) => {
      const colon = at.lastIndexOf(':');
      return listen({
        name,
        address: at.slice(0, colon).replace(/^\[|\]$/g, '') || '0.0.0.0',
        port: Number(at.slice(colon + 1)),
        handle,
      });
    }),
  );
  const watches = text === undefined ? [] : [new ConfigFileWatch(given.config, text, systemClock)];
  const events = seriesRecorder({
    client,
    controller: 'kube-proxy',
    host: hostname(),
    clock: systemClock,
    log,
    signal,
  });
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
  events.event(node, 'Normal', 'Starting', '', { action: 'StartKubeProxy' });
  await runAll([...proxiers, informers, ...serving, ...watches], signal);
});

/**
 * Node ports answer on 127.0.0.1 only if the kernel allows such packets to be routed. In a container this sysctl may be
 * read-only: then it is the host's business.
 */
function routeLocalnet(config: ProxyConfig, log: Logger): void {
  if (!config.iptables.localhostNodePorts) return;
  try {
    writeFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', '1');
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
    log.warn('Node ports will not answer on localhost', { error: messageOf(error) });
  }
}
