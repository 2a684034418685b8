import { defaultSettings, type NetworkSettings, settingProblems, type VxlanMode } from '@typernetes/network';
import { type FlagSpecs, type ParsedFlags, programFlags } from '@typernetes/process';

export const flags = {
  ...programFlags,
  'node-name': { type: 'string', help: 'Name of the node this runs on (default: $NODE_NAME)' },
  'config-file': {
    type: 'string',
    default: '/etc/cni/net.d/10-typernetes.conflist',
    help: 'Where the container runtime looks for its network configuration',
  },
  'config-dir': {
    type: 'string',
    default: '',
    help: 'Directory with a file for each setting, named as its flag, as a ConfigMap is mounted; flags given to the program win',
  },
  'sync-period': {
    type: 'duration',
    default: 60_000,
    help: 'How often routes and rules are checked when nothing changes',
  },
  'vxlan-mode': {
    type: 'string',
    default: defaultSettings.mode,
    help: 'Which nodes are reached through VXLAN: those that share no link with this one (CrossSubnet), all (Always) or none (Never)',
  },
  'vxlan-vni': {
    type: 'number',
    default: defaultSettings.vni,
    help: 'The VXLAN network identifier, the same on all nodes',
  },
  'vxlan-port': {
    type: 'number',
    default: defaultSettings.port,
    help: 'The UDP port of VXLAN, the same on all nodes',
  },
  mtu: {
    type: 'number',
    default: defaultSettings.mtu,
    help: "The MTU of pods' interfaces and of the VXLAN devices (0: what the links between the nodes leave room for)",
  },
  v: { type: 'number', short: 'v', default: 0, help: 'Log verbosity' },
} as const satisfies FlagSpecs;

type Given = Pick<ParsedFlags<typeof flags>, 'vxlan-mode' | 'vxlan-vni' | 'vxlan-port' | 'mtu'>;

export const networkSettings = (given: Given): NetworkSettings => ({
  mode: given['vxlan-mode'] as VxlanMode,
  vni: given['vxlan-vni'],
  port: given['vxlan-port'],
  mtu: given.mtu,
});

export const problems = (given: Given): string[] => settingProblems(networkSettings(given));
