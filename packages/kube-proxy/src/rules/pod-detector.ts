import type { IpFamily } from '@typernetes/base';
import { ipFamilyOf, parseIpRange } from '@typernetes/base';

/** Conditions that match traffic from pods (upstream: LocalTrafficDetector). */
export interface PodDetector {
  readonly from: string;
  readonly notFrom: string;
}

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
  const of = (match: string | undefined): PodDetector | undefined =>
    match === undefined ? undefined : { from: match, notFrom: `! ${match}` };
  switch (mode) {
    case 'BridgeInterface':
      return of(`-i ${bridgeInterface}`);
    case 'InterfaceNamePrefix':
      return of(`-i ${interfaceNamePrefix}+`);
    case 'NodeCIDR': {
      const range = nodeCIDRs.find((text) => {
        const parsed = parseIpRange(text);
        return parsed !== undefined && ipFamilyOf(parsed) === family;
      });
      return of(range && `-s ${range}`);
    }
    default:
      return of(clusterCIDRs[family] && `-s ${clusterCIDRs[family]}`);
  }
}
