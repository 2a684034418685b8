import type { Node } from '@typernetes/api/core/v1';
import { defaultSettings, type NetworkSettings } from '../settings.ts';
import type { Link, Path, Underlay } from '../underlay.ts';

export const makeNode = (name: string, podCIDRs: readonly string[], ips: readonly string[]): Node => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: podCIDRs[0] ? { podCIDR: podCIDRs[0], podCIDRs: [...podCIDRs] } : {},
  status: {
    addresses: [
      { type: 'Hostname', address: name },
      ...ips.map((address) => ({ type: 'InternalIP' as const, address })),
    ],
  },
});

export const makeLink = (name: string, rest: Partial<Link> = {}): Link => ({
  name,
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  up: true,
  addresses: [],
  ...rest,
});

/** As seen from the node with the addresses `own`: `near` is on its link, `far` behind a gateway, the rest nowhere. */
export const makeUnderlay = (
  addresses: { readonly own?: readonly string[]; readonly near?: readonly string[]; readonly far?: readonly string[] },
  mtu = 1500,
): Underlay => ({
  links: [
    makeLink('lo', { mtu: 65_536, addresses: ['127.0.0.1/8', '::1/128'] }),
    makeLink('eth0', { mtu, addresses: (addresses.own ?? []).map((own) => `${own}/${own.includes(':') ? 64 : 24}`) }),
  ],
  paths: new Map<string, Path>([
    ...(addresses.near ?? []).map((near) => [near, { device: 'eth0', direct: true }] as [string, Path]),
    ...(addresses.far ?? []).map((far) => [far, { device: 'eth0', direct: false }] as [string, Path]),
  ]),
});

export const withSettings = (changed: Partial<NetworkSettings> = {}): NetworkSettings => ({
  ...defaultSettings,
  ...changed,
});
