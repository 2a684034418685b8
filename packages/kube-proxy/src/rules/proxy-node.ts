import type { IpFamily } from '@typernetes/base';
import type { PodDetector } from './pod-detector.ts';

/** What the rules of one address family depend on besides Services and their endpoints. */
export interface ProxyNode {
  readonly name: string;
  readonly family: IpFamily;
  /** The node's own addresses of this family, from its Node object. */
  readonly addresses: readonly string[];
  /** The zone label of the node; undefined without one. */
  readonly zone?: string | undefined;
  /**
   * Distinguishes pod traffic from other traffic, which is masqueraded. Undefined: only hairpin and external traffic is
   * masqueraded.
   */
  readonly pods: PodDetector | undefined;
  /** The addresses on which node ports answer; undefined: all addresses of this machine. */
  readonly nodePortAddresses?: readonly string[] | undefined;
  /** Whether node ports answer on 127.0.0.1, which only the iptables mode can. They never do on ::1. */
  readonly localhostNodePorts: boolean;
  readonly masqueradeAll: boolean;
  /** The bit of the packet mark that asks for masquerading. */
  readonly masqueradeBit: number;
  /** The ranges that cluster IPs are taken from, of this family: known in nftables mode. */
  readonly serviceCIDRs: readonly string[];
}

/** The mark of packets that are to be masqueraded, in hexadecimal. */
export const masqueradeMark = ({ masqueradeBit }: Pick<ProxyNode, 'masqueradeBit'>): string =>
  // 1 << 31 is negative.
  `0x${((1 << masqueradeBit) >>> 0).toString(16)}`;
