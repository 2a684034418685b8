import type { IpFamily } from '@typernetes/base';
import { ipFamilyOf, parseIpRange } from '@typernetes/base';

/** How rules tell traffic that comes from pods from all other (upstream: LocalTrafficDetector). */
export interface PodDetector {
  readonly from: string;
  readonly notFrom: string;
}

/** The configuration's detectLocalMode with what each mode needs. */
export interface PodDetection {
  readonly mode: string;
  /** The pods' ranges: of each family at most one. */
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

/** Undefined where nothing tells pods: then traffic is masqueraded only where it has to be. `nodeCIDRs` are those of the node. */
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
