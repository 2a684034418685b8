import { familyOf } from './node-facts.ts';

/** The bridge that all pods of the node are attached to. */
export const bridge = 'cni0';

export interface CniConfigList {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
}

/** The configuration for pods of these ranges; without an MTU, their interfaces have the plugin's. Pure. */
export function cniConfig(ranges: readonly string[], mtu: number | undefined): CniConfigList {
  const routes = ranges.map((range) => ({ dst: familyOf(range) === 'IPv4' ? '0.0.0.0/0' : '::/0' }));
  return {
    cniVersion: '1.0.0',
    name: 'typernetes',
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        hairpinMode: true,
        // The agent masquerades itself: the plugin's masquerading would hide pods from each other.
        ipMasq: false,
        ...(mtu === undefined ? {} : { mtu }),
        ipam: { type: 'host-local', ranges: ranges.map((subnet) => [{ subnet }]), routes },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}
