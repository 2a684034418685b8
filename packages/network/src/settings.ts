/** When packets for pods of other nodes are wrapped in VXLAN, in Calico's words. */
export const vxlanModes = ['CrossSubnet', 'Always', 'Never'] as const;
export type VxlanMode = (typeof vxlanModes)[number];

export interface NetworkSettings {
  /**
   * `CrossSubnet`: only for nodes that are not on a link of this one; `Always`: for every node; `Never`: for none, and
   * nodes elsewhere are not reached.
   */
  readonly mode: VxlanMode;
  /** The VXLAN network identifier. */
  readonly vni: number;
  /** The UDP port. */
  readonly port: number;
  /** Of pods' interfaces and of the VXLAN devices, in bytes; 0: what the links between the nodes leave room for. */
  readonly mtu: number;
}

/** flannel's identifier; the kernel's port, which is also flannel's and Cilium's. */
export const defaultSettings: NetworkSettings = { mode: 'CrossSubnet', vni: 1, port: 8472, mtu: 0 };

/** What is wrong with the settings, by the names of their flags. */
export function settingProblems({ mode, vni, port, mtu }: Record<keyof NetworkSettings, unknown>): string[] {
  const problems: string[] = [];
  const known: readonly unknown[] = vxlanModes;
  if (!known.includes(mode)) problems.push(`--vxlan-mode must be one of ${vxlanModes.join(', ')}, is "${mode}"`);
  if (!isBetween(vni, 1, 0xff_ff_ff)) problems.push(`--vxlan-vni must be between 1 and 16777215, is ${vni}`);
  if (!isBetween(port, 1, 65_535)) problems.push(`--vxlan-port must be between 1 and 65535, is ${port}`);
  // IPv6 has no smaller one.
  if (mtu !== 0 && !isBetween(mtu, 1280, 65_535)) problems.push(`--mtu must be 0 or between 1280 and 65535, is ${mtu}`);
  return problems;
}

const isBetween = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
