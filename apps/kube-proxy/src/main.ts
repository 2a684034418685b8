import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, hostname } from 'node:os';
import { acceptGates, gateProblems, gateWarnings, readGates } from '@typernetes/api/gate-settings';
import { codeOf, type IpFamily, type Logger, messageOf, runAll, systemClock, version } from '@typernetes/base';
import {
  clientFromKubeconfig,
  httpTransport,
  inClusterOptions,
  loadKubeconfig,
  restClient,
  sharedInformers,
} from '@typernetes/client';
import {
  applyConntrack,
  completeProxyConfig,
  conntrackSettings,
  decodeProxyConfig,
  HealthCheckPorts,
  iptables,
  Proxier,
  type ProxyConfig,
  proxyHealthHandler,
  validateProxyConfig,
} from '@typernetes/kube-proxy';
import {
  componentHandler,
  componentLogger,
  createMetrics,
  listen,
  logFlags,
  logSettings,
  parseFlags,
  ping,
  runProgram,
} from '@typernetes/process';

const flags = {
  config: { type: 'string', help: 'The path to the configuration file' },
  kubeconfig: {
    type: 'string',
    help: 'Path to kubeconfig file with authorization information (the master location is set there)',
  },
  'hostname-override': { type: 'string', help: 'Name of the node this runs on' },
  'cluster-cidr': { type: 'string', help: 'The CIDR range of the pods in the cluster' },
  'feature-gates': {
    type: 'list',
    default: [],
    help: 'Pairs that say which alpha and beta features are on: Gate=true',
  },
  'proxy-mode': { type: 'string', help: 'Which proxy mode to use' },
  version: { type: 'boolean', default: false, help: 'Print version information and quit' },
  ...logFlags,
} as const;

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'kube-proxy', async (args, signal) => {
  const { flags: given } = parseFlags(flags, args);
  if (given.version) {
    process.stdout.write(`Kubernetes ${version}\n`);
    return;
  }
  const log = componentLogger(logSettings(given), {
    stream: process.stderr,
    clock: systemClock,
    pid: process.pid,
    source: 'kube-proxy',
  });
  const file = given.config === undefined ? {} : decodeProxyConfig(readFileSync(given.config, 'utf8'));
  const config = completeProxyConfig({
    ...file,
    ...(given.kubeconfig ? { clientConnection: { kubeconfig: given.kubeconfig } } : {}),
    ...(given['cluster-cidr'] ? { clusterCIDR: given['cluster-cidr'] } : {}),
    ...(given['proxy-mode'] ? { mode: given['proxy-mode'] } : {}),
  });
  // As upstream has it, the file's count where there is one.
  const fromFile = {
    warnings: gateWarnings(config.featureGates),
    problems: gateProblems(config.featureGates),
  };
  const gates = given.config === undefined ? readGates(given['feature-gates']) : fromFile;
  for (const warning of acceptGates(gates)) log.warn(warning);
  const problems = validateProxyConfig(config);
  if (problems.length > 0) throw new Error(problems.join(', '));
  routeLocalnet(config, log);
  for (const problem of applyConntrack(conntrackSettings(config.conntrack, cpus().length)))
    log.warn('Connections are tracked as the machine has it set', { error: problem });

  const client = config.kubeconfig
    ? clientFromKubeconfig(loadKubeconfig(config.kubeconfig), { userAgent: 'kube-proxy' })
    : restClient(httpTransport({ ...inClusterOptions(process.env), userAgent: 'kube-proxy' }));
  const informers = sharedInformers({ client, log });
  const name = given['hostname-override'] || config.hostnameOverride || hostname().toLowerCase();
  const { clusterCIDRs, masqueradeAll, masqueradeBit, minSyncPeriodMs, syncPeriodMs } = config;
  const families: IpFamily[] = existsSync('/proc/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4'];
  const isHealthy = (): boolean => proxiers.every((proxier) => proxier.healthy);
  const healthPorts = new HealthCheckPorts({ log, isHealthy });
  const proxiers = families.map((family) => {
    const node = { name, clusterCIDR: clusterCIDRs[family], masqueradeAll, masqueradeBit };
    return new Proxier(
      { family, node, minSyncPeriodMs, syncPeriodMs },
      { informers, packetFilter: iptables(family), healthPorts, clock: systemClock, log },
    );
  });
  const health = proxyHealthHandler(systemClock.now, () => ({
    healthy: isHealthy(),
    nodeEligible: proxiers.every(({ nodeEligible }) => nodeEligible),
    lastSync: Math.max(...proxiers.map(({ lastSync = 0 }) => lastSync)),
  }));
  const status = componentHandler({
    health: { healthz: [ping] },
    metrics: createMetrics(),
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
  await runAll([...proxiers, informers, ...serving], signal);
});

/** Node ports answer on 127.0.0.1 only when the kernel lets such packets be redirected. Containers may see the switch read-only: then it is the machine's own. */
function routeLocalnet(config: ProxyConfig, log: Logger): void {
  if (!config.localhostNodePorts) return;
  try {
    writeFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', '1');
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
    log.warn('Node ports will not answer on localhost', { error: messageOf(error) });
  }
}
