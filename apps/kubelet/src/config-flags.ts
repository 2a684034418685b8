import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import type { FlagSpecs } from '@typernetes/process';

/** `below` is `signal<amount,signal<amount`. */
type Kind = 'string' | 'number' | 'boolean' | 'list' | 'map' | 'below';

/** Upstream's flags for fields of the configuration: out of use there, and still what many machines are set up with. */
const fields: Readonly<Record<string, readonly [path: string, kind: Kind]>> = {
  address: ['address', 'string'],
  'allowed-unsafe-sysctls': ['allowedUnsafeSysctls', 'list'],
  'anonymous-auth': ['authentication.anonymous.enabled', 'boolean'],
  'authentication-token-webhook': ['authentication.webhook.enabled', 'boolean'],
  'authentication-token-webhook-cache-ttl': ['authentication.webhook.cacheTTL', 'string'],
  'authorization-mode': ['authorization.mode', 'string'],
  'authorization-webhook-cache-authorized-ttl': ['authorization.webhook.cacheAuthorizedTTL', 'string'],
  'authorization-webhook-cache-unauthorized-ttl': ['authorization.webhook.cacheUnauthorizedTTL', 'string'],
  'cgroup-driver': ['cgroupDriver', 'string'],
  'cgroup-root': ['cgroupRoot', 'string'],
  'cgroups-per-qos': ['cgroupsPerQOS', 'boolean'],
  'client-ca-file': ['authentication.x509.clientCAFile', 'string'],
  'cluster-dns': ['clusterDNS', 'list'],
  'cluster-domain': ['clusterDomain', 'string'],
  'container-log-max-files': ['containerLogMaxFiles', 'number'],
  'container-log-max-size': ['containerLogMaxSize', 'string'],
  'contention-profiling': ['enableContentionProfiling', 'boolean'],
  'cpu-cfs-quota': ['cpuCFSQuota', 'boolean'],
  'cpu-cfs-quota-period': ['cpuCFSQuotaPeriod', 'string'],
  'cpu-manager-policy': ['cpuManagerPolicy', 'string'],
  'cpu-manager-policy-options': ['cpuManagerPolicyOptions', 'map'],
  'cpu-manager-reconcile-period': ['cpuManagerReconcilePeriod', 'string'],
  'enable-controller-attach-detach': ['enableControllerAttachDetach', 'boolean'],
  'enable-debugging-handlers': ['enableDebuggingHandlers', 'boolean'],
  'enable-server': ['enableServer', 'boolean'],
  'enforce-node-allocatable': ['enforceNodeAllocatable', 'list'],
  'event-burst': ['eventBurst', 'number'],
  'event-qps': ['eventRecordQPS', 'number'],
  'eviction-hard': ['evictionHard', 'below'],
  'eviction-max-pod-grace-period': ['evictionMaxPodGracePeriod', 'number'],
  'eviction-minimum-reclaim': ['evictionMinimumReclaim', 'map'],
  'eviction-pressure-transition-period': ['evictionPressureTransitionPeriod', 'string'],
  'eviction-soft': ['evictionSoft', 'below'],
  'eviction-soft-grace-period': ['evictionSoftGracePeriod', 'map'],
  'feature-gates': ['featureGates', 'map'],
  'file-check-frequency': ['fileCheckFrequency', 'string'],
  'hairpin-mode': ['hairpinMode', 'string'],
  'healthz-bind-address': ['healthzBindAddress', 'string'],
  'healthz-port': ['healthzPort', 'number'],
  'http-check-frequency': ['httpCheckFrequency', 'string'],
  'image-gc-high-threshold': ['imageGCHighThresholdPercent', 'number'],
  'image-gc-low-threshold': ['imageGCLowThresholdPercent', 'number'],
  'image-service-endpoint': ['imageServiceEndpoint', 'string'],
  'kernel-memcg-notification': ['kernelMemcgNotification', 'boolean'],
  'kube-api-burst': ['kubeAPIBurst', 'number'],
  'kube-api-content-type': ['contentType', 'string'],
  'kube-api-qps': ['kubeAPIQPS', 'number'],
  'kube-reserved': ['kubeReserved', 'map'],
  'kube-reserved-cgroup': ['kubeReservedCgroup', 'string'],
  'kubelet-cgroups': ['kubeletCgroups', 'string'],
  'local-storage-capacity-isolation': ['localStorageCapacityIsolation', 'boolean'],
  'make-iptables-util-chains': ['makeIPTablesUtilChains', 'boolean'],
  'max-open-files': ['maxOpenFiles', 'number'],
  'max-pods': ['maxPods', 'number'],
  'memory-manager-policy': ['memoryManagerPolicy', 'string'],
  'minimum-image-ttl-duration': ['imageMinimumGCAge', 'string'],
  'node-status-max-images': ['nodeStatusMaxImages', 'number'],
  'node-status-update-frequency': ['nodeStatusUpdateFrequency', 'string'],
  'oom-score-adj': ['oomScoreAdj', 'number'],
  'pod-cidr': ['podCIDR', 'string'],
  'pod-max-pids': ['podPidsLimit', 'number'],
  'pods-per-core': ['podsPerCore', 'number'],
  port: ['port', 'number'],
  'protect-kernel-defaults': ['protectKernelDefaults', 'boolean'],
  'qos-reserved': ['qosReserved', 'map'],
  'read-only-port': ['readOnlyPort', 'number'],
  'register-node': ['registerNode', 'boolean'],
  'registry-burst': ['registryBurst', 'number'],
  'registry-qps': ['registryPullQPS', 'number'],
  'reserved-cpus': ['reservedSystemCPUs', 'string'],
  'resolv-conf': ['resolvConf', 'string'],
  'rotate-certificates': ['rotateCertificates', 'boolean'],
  'rotate-server-certificates': ['serverTLSBootstrap', 'boolean'],
  runonce: ['runOnce', 'boolean'],
  'runtime-request-timeout': ['runtimeRequestTimeout', 'string'],
  'seccomp-default': ['seccompDefault', 'boolean'],
  'serialize-image-pulls': ['serializeImagePulls', 'boolean'],
  'streaming-connection-idle-timeout': ['streamingConnectionIdleTimeout', 'string'],
  'sync-frequency': ['syncFrequency', 'string'],
  'system-cgroups': ['systemCgroups', 'string'],
  'system-reserved': ['systemReserved', 'map'],
  'system-reserved-cgroup': ['systemReservedCgroup', 'string'],
  'tls-cert-file': ['tlsCertFile', 'string'],
  'tls-cipher-suites': ['tlsCipherSuites', 'list'],
  'tls-min-version': ['tlsMinVersion', 'string'],
  'tls-private-key-file': ['tlsPrivateKeyFile', 'string'],
  'topology-manager-policy': ['topologyManagerPolicy', 'string'],
  'topology-manager-policy-options': ['topologyManagerPolicyOptions', 'map'],
  'topology-manager-scope': ['topologyManagerScope', 'string'],
  'volume-plugin-dir': ['volumePluginDir', 'string'],
  'volume-stats-agg-period': ['volumeStatsAggPeriod', 'string'],
};

/** Fields of which the flags add to what the file says; all others replace it (upstream: kubeletConfigFlagPrecedence). */
const merging: ReadonlySet<string> = new Set(['featureGates']);

export const configFlags: FlagSpecs = Object.fromEntries(
  Object.entries(fields).map(([name, [path, kind]]) => [
    name,
    {
      type: kind === 'below' ? 'list' : kind,
      help: `Sets ${path}. DEPRECATED: This parameter should be set via the config file specified by the Kubelet's --config flag.`,
    },
  ]),
) as FlagSpecs;

/** The configuration with what flags that were given say on top. Throws for what they cannot say. */
export function withFlags(
  file: Partial<KubeletConfiguration>,
  flags: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
): Partial<KubeletConfiguration> {
  const config: Record<string, unknown> = structuredClone(file);
  for (const [name, [path, kind]] of Object.entries(fields)) {
    if (!given.has(name)) continue;
    const steps = path.split('.');
    const last = steps.pop() as string;
    let at = config;
    for (const step of steps) {
      at[step] ??= {};
      at = at[step] as Record<string, unknown>;
    }
    const value = valueFrom(name, path, kind, flags[name]);
    at[last] = merging.has(path) ? { ...(at[last] as object), ...(value as object) } : value;
  }
  return config;
}

function valueFrom(name: string, path: string, kind: Kind, value: unknown): unknown {
  if (kind === 'below')
    return Object.fromEntries(
      (value as readonly string[]).map((text) => {
        const [, signal, amount] = /^([^<]+)<(.+)$/.exec(text) ?? [];
        if (signal === undefined || amount === undefined)
          throw new Error(
            `invalid argument ${JSON.stringify(text)} for "--${name}" flag: malformed pair, expect string<string`,
          );
        return [signal.trim(), amount.trim()];
      }),
    );
  if (path !== 'featureGates') return value;
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, string>>).map(([gate, text]) => {
      if (!/^(true|false)$/i.test(text))
        throw new Error(
          `invalid value of ${gate}=${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
        );
      return [gate, text.toLowerCase() === 'true'];
    }),
  );
}
