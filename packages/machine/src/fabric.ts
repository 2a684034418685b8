import { existsSync } from 'node:fs';
import { run } from './command.ts';

/**
 * The network of machines: a bridge in its own network namespace. It has no uplink and no route to the host's network,
 * so no packet of a machine can leave this host.
 */
export interface Fabric {
  readonly namespace: string;
}

const bridge = 'br0';
const subnet = '172.30.0';

/** The bridge's own address: the default route of machines. Packets go no further. */
export const fabricGateway = `${subnet}.1`;

/** Addresses for machines: enough for one /24. */
export const fabricAddresses: readonly string[] = Array.from({ length: 244 }, (_, i) => `${subnet}.${i + 10}`);

const subnet6 = 'fd00:30';

/** The address of IPv6 that a machine has beside its own. */
export const address6Of = (address: string): string => `${subnet6}::${address.slice(subnet.length + 1)}`;

export const fabricGateway6 = `${subnet6}::1`;

export const fabricOf = (instance: string): Fabric => ({ namespace: instance });

const namespaceFile = (fabric: Fabric): string => `/run/netns/${fabric.namespace}`;

/**
 * Creates the missing parts of the fabric. Call it under the installation's lock.
 *
 * The bridge acts as a router without other networks: it answers packets for elsewhere with "unreachable". If it
 * dropped them, a connection to a service a moment before kube-proxy has set it up would wait for its timeout.
 */
export async function ensureFabric(fabric: Fabric): Promise<void> {
  if (existsSync(namespaceFile(fabric)) && (await hasBridge(fabric))) return;
  await removeFabric(fabric);
  await run(['ip', 'netns', 'add', fabric.namespace]);
  await batch(fabric, [
    'link set lo up',
    `link add ${bridge} type bridge`,
    `addr add ${fabricGateway}/24 dev ${bridge}`,
    `addr add ${fabricGateway6}/64 dev ${bridge} nodad`,
    `link set ${bridge} up`,
  ]);
  const forward = `echo 1 >/proc/sys/net/ipv4/conf/${bridge}/forwarding; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding`;
  await run([...inFabric(fabric), 'sh', '-c', forward]);
}

/** Ends every process in the fabric's network and removes the network. */
export async function removeFabric(fabric: Fabric): Promise<void> {
  if (!existsSync(namespaceFile(fabric))) return;
  for (const pid of await fabricProcesses(fabric)) process.kill(pid, 'SIGKILL');
  await run(['ip', 'netns', 'delete', fabric.namespace]);
}

/**
 * The processes in the fabric's network: the registry, the ports of API servers. The namespace itself is the record of
 * them.
 */
export async function fabricProcesses(fabric: Fabric): Promise<number[]> {
  if (!existsSync(namespaceFile(fabric))) return [];
  return (await run(['ip', 'netns', 'pids', fabric.namespace])).split('\n').filter(Boolean).map(Number);
}

/** The command prefix that runs a command in the fabric's network. */
export const inFabric = (fabric: Fabric): readonly string[] => ['nsenter', `--net=${namespaceFile(fabric)}`, '--'];

/** Plugs the network namespace of process `pid` in: it gets an `eth0`, without address yet. */
export function plugIn(fabric: Fabric, machine: { address: string; pid: number }): Promise<void> {
  const link = linkOf(machine.address);
  return batch(fabric, [
    `link add ${link} type veth peer name eth0 netns ${machine.pid}`,
    `link set ${link} master ${bridge} up`,
  ]);
}

/** Removes a machine's link. The kernel removes it with the machine's namespace anyway, but only some time later. */
export async function unplug(fabric: Fabric, address: string): Promise<void> {
  if (!existsSync(namespaceFile(fabric))) return;
  await run(['ip', '-n', fabric.namespace, '-force', '-batch', '-'], { input: `link del ${linkOf(address)}\n` }).catch(
    (error: unknown) => {
      // The kernel may be faster, before the command looks or after.
      if (!/Cannot find device|No such device/.test(String(error))) throw error;
    },
  );
}

const linkOf = (address: string): string => `m${address.slice(subnet.length + 1)}`;

async function batch(fabric: Fabric, lines: readonly string[]): Promise<void> {
  await run(['ip', '-n', fabric.namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

async function hasBridge(fabric: Fabric): Promise<boolean> {
  return (await run(['ip', '-n', fabric.namespace, '-br', 'link', 'show', 'type', 'bridge'])).startsWith(`${bridge} `);
}
