import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, hostname, networkInterfaces } from 'node:os';
import { acceptGates, gateProblems, gateStates, gateWarnings } from '@typernetes/api/gate-settings';
import { codeOf, type IpFamily, type Logger, messageOf, runAll, systemClock, version } from '@typernetes/base';
import {
  type ApiClient,
  type Informers,
  observedClient,
  seriesRecorder,
  serverOptions,
  sharedInformers,
} from '@typernetes/client';
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
  type ProxyMetrics,
  type ProxyMode,
  proxyConfigKind,
  proxyMetrics,
  validateProxyConfig,
} from '@typernetes/kube-proxy';
import {
  componentMetrics,
  createMetrics,
  encodeYaml,
  metricRules,
  processMetrics,
  restClientMetrics,
  runProgram,
  startComponent,
  withConfigFlags,
} from '@typernetes/process';
import { ConfigFileWatch } from './config-file-watch.ts';
import { accepted, fields, flags, forEveryMode } from './flags.ts';
import { removeRules, serviceRules } from './service-rules.ts';
import { serving } from './serving.ts';

const programName = 'kube-proxy';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, programName, async (args, signal) => {
  const component = { name: programName, specs: flags, accepted, version, clock: systemClock };
  const started = startComponent(process, component, args);
  if (!started) return;
  const { flags: given, log } = started;
  const families: IpFamily[] = existsSync('/proc/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4'];
  if (given.cleanup) return removeRules(families, ['iptables', 'nftables'], log);
  const text = given.config === '' ? undefined : readFileSync(given.config, 'utf8');
  const file = text === undefined ? forEveryMode(withConfigFlags({}, fields, started)) : decodeProxyConfig(text);
  if (given['write-config-to'] !== '') {
    writeFileSync(given['write-config-to'], encodeYaml({ ...proxyConfigKind, ...file }));
    return;
  }
  const config = completeProxyConfig(file);
  const mode = acceptedMode(config, log);
  prepareKernel(config, log);
  if (given['init-only']) return;
  // The rules of a mode that was used before would still take the traffic.
  await removeRules(families, mode === 'iptables' ? ['nftables'] : ['iptables'], log);
  const metrics = createMetrics(metricRules(given));
  processMetrics(metrics, systemClock.now());
  componentMetrics(metrics, { gates: gateStates(config.featureGates) });
  const syncs = proxyMetrics(metrics, mode);
  const server = serverOptions({ kubeconfig: config.kubeconfig, master: given.master }, process.env);
  const client = observedClient(
    { ...server, userAgent: programName },
    { clock: systemClock, observe: restClientMetrics(metrics) },
  );
  const informers = sharedInformers({ client, log });
  const name = given['hostname-override'] || config.hostnameOverride || hostname().toLowerCase();
  const proxiers = proxiersOf(families, { config, mode, name, informers, metrics: syncs, log });
  const listening = await serving(started, { file, config, proxiers, metrics, onHealthRequest: syncs.asked });
  const watches = text === undefined ? [] : [new ConfigFileWatch(given.config, text, systemClock)];
  recordStart(name, { client, log, signal });
  await runAll([...proxiers, informers, ...listening, ...watches], signal);
});

/** The mode of a valid configuration; throws what is wrong with another. */
function acceptedMode(config: ProxyConfig, log: Logger): ProxyMode {
  const gates = { warnings: gateWarnings(config.featureGates), problems: gateProblems(config.featureGates) };
  for (const warning of acceptGates(gates)) log.warn(warning);
  const problems = validateProxyConfig(config);
  const { mode } = config;
  if (problems.length > 0 || !isProxyMode(mode)) throw new Error(problems.join(', '));
  return mode;
}

function prepareKernel(config: ProxyConfig, log: Logger): void {
  if (config.mode === 'iptables') routeLocalnet(config, log);
  for (const problem of applyConntrack(conntrackSettings(config.conntrack, cpus().length)))
    log.warn('Connections are tracked as the machine has it set', { error: problem });
}

interface ProxierParts {
  readonly config: ProxyConfig;
  readonly mode: ProxyMode;
  /** The node's. */
  readonly name: string;
  readonly informers: Informers;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
}

function proxiersOf(
  families: readonly IpFamily[],
  { config, mode, name, informers, metrics, log }: ProxierParts,
): readonly Proxier[] {
  const { masqueradeAll, masqueradeBit, minSyncPeriodMs, syncPeriodMs } = config[mode];
  const options = {
    node: { name, masqueradeAll, masqueradeBit, localhostNodePorts: config.iptables.localhostNodePorts },
    podDetection: config.podDetection,
    nodePortAddresses: config.nodePortAddresses,
    serviceCIDRs: mode === 'nftables',
    minSyncPeriodMs,
    syncPeriodMs,
  };
  const healthPorts = new HealthCheckPorts({ log, isHealthy: () => proxiers.every(({ healthy }) => healthy) });
  const proxiers = families.map(
    (family) =>
      new Proxier(
        { family, ...options },
        {
          informers,
          rules: serviceRules(mode, family, { log, onCleanupFailure: () => metrics.cleanupFailed(family) }),
          forgetUdpFlows: (flows) => forgetUdpFlows(family, flows),
          healthPorts,
          metrics,
          localAddresses,
          clock: systemClock,
          log,
        },
      ),
  );
  return proxiers;
}

interface RecordDeps {
  readonly client: ApiClient;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

function recordStart(nodeName: string, deps: RecordDeps): void {
  const events = seriesRecorder({ ...deps, controller: programName, host: hostname(), clock: systemClock });
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
  events.event(node, 'Normal', 'Starting', '', { action: 'StartKubeProxy' });
}

const localAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((ones) => (ones ?? []).map(({ address }) => address));

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
