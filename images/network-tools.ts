import { statSync } from 'node:fs';
import { matchingFiles, programsWithLibraries } from './host-files.ts';
import type { LayerEntry } from './tar-layer.ts';

const xtables = '/usr/sbin/xtables-nft-multi';
const programs = [
  xtables,
  '/usr/sbin/conntrack',
  '/usr/bin/ip',
  '/usr/sbin/bridge',
  '/usr/sbin/nft',
  '/usr/sbin/ipset',
];

/** The names under which the single xtables program is called. */
const xtablesNames = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

/** Debian's iptables (over nftables), conntrack, ip, bridge, nft and ipset, copied from this machine. */
export const networkTools = {
  inputs: (): string[] => programs.map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`),
  entries: (): LayerEntry[] => [
    ...programsWithLibraries(programs),
    ...matchingFiles('/usr/lib/*-linux-gnu/xtables/*.so'),
    ...xtablesNames.map(
      (name): LayerEntry => ({ path: `usr/sbin/${name}`, type: 'symlink', target: 'xtables-nft-multi' }),
    ),
  ],
};
