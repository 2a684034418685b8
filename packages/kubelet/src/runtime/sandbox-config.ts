import type { Pod } from '@typernetes/api/core/v1';
import type { PodSandboxConfig, PortMapping, UserNamespace } from '@typernetes/cri';
import { dottedSysctl } from '../admission/sysctls.ts';
import { sandboxAnnotations, sandboxLabels } from '../pod/labels.ts';
import { podResources } from '../pod/resources.ts';
import { type ClusterDns, dnsConfigOf, dnsWithinLimits } from './dns.ts';
import { linuxResources } from './linux-resources.ts';
import { sandboxSecurityContext } from './security-context.ts';

const maxHostname = 63;
/** The kernel's limit for host names. */
const maxFullHostname = 64;

/** The pod's host name and, when it has a subdomain, its domain. A pod with `hostnameOverride` has no domain. */
export function hostnameOf(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostname: own, hostnameOverride, subdomain } = pod.spec ?? {};
  if (hostnameOverride !== undefined) return { hostname: hostnameOverride, domain: '' };
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : '';
  return { hostname: own ?? truncated(pod.metadata.name), domain };
}

/** The host name for the kernel: with the domain if the pod wants that. */
function nodenameOf(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = hostnameOf(pod, clusterDomain);
  if (!pod.spec?.setHostnameAsFQDN || !domain) return hostname;
  const full = `${hostname}.${domain}`;
  if (full.length <= maxFullHostname) return full;
  const lengths = `${maxFullHostname} characters is the max, ${full.length} characters requested`;
  throw new Error(
    `Failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${lengths})`,
  );
}

/** A host name may not end in a dash or a dot, even if it was truncated there. */
function truncated(name: string): string {
  return name.slice(0, maxHostname).replace(/[-.]+$/, '');
}

/** `/var/log/pods/<namespace>_<name>_<uid>`. */
export function podLogDirectory(root: string, pod: { namespace: string; name: string; uid: string }): string {
  return `${root}/${pod.namespace}_${pod.name}_${pod.uid}`;
}

function portMappings(pod: Pod): readonly PortMapping[] {
  if (pod.spec?.hostNetwork) return [];
  const containers = [
    ...(pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always'),
    ...(pod.spec?.containers ?? []),
  ];
  return containers.flatMap((container) =>
    (container.ports ?? []).flatMap((port): PortMapping[] =>
      port.hostPort
        ? [
            {
              protocol: port.protocol ?? 'TCP',
              containerPort: port.containerPort,
              hostPort: port.hostPort,
              hostIp: port.hostIP ?? '',
            },
          ]
        : [],
    ),
  );
}

export function sandboxConfig(
  pod: Pod,
  options: {
    attempt: number;
    logsDir: string;
    dns: ClusterDns;
    cgroupParent: string;
    cfsPeriod: number | undefined;
    userNamespace: UserNamespace;
  },
): PodSandboxConfig {
  const { name, namespace = 'default', uid } = pod.metadata;
  const sysctls = (pod.spec?.securityContext?.sysctls ?? []).map((sysctl) => [dottedSysctl(sysctl.name), sysctl.value]);
  return {
    metadata: { name, namespace, uid, attempt: options.attempt },
    hostname: pod.spec?.hostNetwork ? '' : nodenameOf(pod, options.dns.domain),
    logDirectory: podLogDirectory(options.logsDir, { name, namespace, uid }),
    dnsConfig: dnsWithinLimits(dnsConfigOf(pod, options.dns)).config,
    portMappings: portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: sandboxAnnotations(pod),
    linux: {
      cgroupParent: options.cgroupParent,
      securityContext: sandboxSecurityContext(pod, options),
      sysctls: Object.fromEntries(sysctls),
      resources: linuxResources(podResources(pod, options.cfsPeriod)),
    },
  };
}
