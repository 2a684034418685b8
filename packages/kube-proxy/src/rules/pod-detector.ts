import type { IpFamily } from '@typernetes/base';
import { ipFamilyOf, parseIpRange } from '@typernetes/base';

/** What traffic from pods has in common: the range of its source, or the interface it comes in by (upstream: LocalTrafficDetector). */
export type PodDetector =
  | { readonly source: string }
  | { readonly interface: string /** Whether the name may go on. */; readonly prefix: boolean };

/** The configuration's detectLocalMode with the settings of each mode. */
export interface PodDetection {
  readonly mode: string;
  /** The cluster's pod ranges, at most one per family. */
  readonly clusterCIDRs: Readonly<Partial<Record<IpFamily, string>>>;
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
}

export const podDetectionModes: readonly string[] = [
  'BridgeInterface',
  'ClusterCIDR',
  'InterfaceNamePrefix',
  'NodeCIDR',
];

/**
 * Undefined where pods cannot be detected: then only hairpin and external traffic is masqueraded. `nodeCIDRs` are the
 * node's pod ranges.
 */
export function podDetector(
  { mode, clusterCIDRs, bridgeInterface, interfaceNamePrefix }: PodDetection,
  family: IpFamily,
  nodeCIDRs: readonly string[],
): PodDetector | undefined {
  const from = (source: string | undefined): PodDetector | undefined => (source ? { source } : undefined);
  switch (mode) {
    case 'BridgeInterface':
      return { interface: bridgeInterface, prefix: false };
    case 'InterfaceNamePrefix':
      return { interface: interfaceNamePrefix, prefix: true };
    case 'NodeCIDR':
      return from(
        nodeCIDRs.find((text) => {
          const parsed = parseIpRange(text);
          return parsed !== undefined && ipFamilyOf(parsed) === family;
        }),
      );
    default:
      return from(clusterCIDRs[family]);
  }
}
