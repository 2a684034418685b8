import { existsSync } from 'node:fs';
import { run } from './command.ts';

/**
 * The network of machines: a bridge in its own network namespace, and one more for each other link that machines are on,
 * with the namespace as the router between them. It has no uplink and no route to the host's network, so no packet of a
 * machine can leave this host.
 */
export interface Fabric {
  readonly namespace: string;
}

/** The links that machines can be on; without a choice, the first. */
export const fabricLinks: readonly number[] = Array.from({ length: 10 }, (_, link) => link);

const bridgeOf = (link: number): string => `br${link}`;
const subnetOf = (link: number): string => `172.30.${link}`;
const subnet6Of = (link: number): string => (link === 0 ? 'fd00:30:' : `fd00:30:0:${link}:`);

/** The link and the number on it of a machine with this address. */
function placeOf(address: string): { link: number; number: number } {
  const [, , link = 0, number = 0] = address.split('.').map(Number);
  return { link, number };
}

/** The bridge's own addresses: the default routes of the link's machines. Packets go no further than to other links. */
export const gatewaysOf = (link: number): readonly [string, string] => [`${subnetOf(link)}.1`, `${subnet6Of(link)}:1`];

export const gatewaysFor = (address: string): readonly [string, string] => gatewaysOf(placeOf(address).link);

/** The fabric's own address, on its first link. */
export const [fabricGateway] = gatewaysOf(0);

/** Addresses for machines: enough for one /24. */
export const fabricAddresses = (link: number): readonly string[] =>
  Array.from({ length: 244 }, (_, i) => `${subnetOf(link)}.${i + 10}`);

/** The address of IPv6 that a machine has beside its own. */
export function address6Of(address: string): string {
  const { link, number } = placeOf(address);
  return `${subnet6Of(link)}:${number}`;
}

export const fabricOf = (instance: string): Fabric => ({ namespace: instance });

const namespaceFile = (fabric: Fabric): string => `/run/netns/${fabric.namespace}`;

/**
 * Creates the missing parts of the fabric for a machine with this address. Call it under the installation's lock.
 *
 * The bridge acts as a router without other networks: it answers packets for elsewhere with "unreachable". If it
 * dropped them, a connection to a service a moment before kube-proxy has set it up would wait for its timeout.
 */
export async function ensureFabric(fabric: Fabric, address: string): Promise<void> {
  if (!existsSync(namespaceFile(fabric)) || !(await hasBridge(fabric, 0))) {
    await removeFabric(fabric);
    await run(['ip', 'netns', 'add', fabric.namespace]);
    await batch(fabric, ['link set lo up']);
    await addBridge(fabric, 0);
  }
  const { link } = placeOf(address);
  if (!(await hasBridge(fabric, link))) await addBridge(fabric, link);
}

async function addBridge(fabric: Fabric, link: number): Promise<void> {
  const bridge = bridgeOf(link);
  const [gateway, gateway6] = gatewaysOf(link);
  await batch(fabric, [
    `link add ${bridge} type bridge`,
    `addr add ${gateway}/24 dev ${bridge}`,
    `addr add ${gateway6}/64 dev ${bridge} nodad`,
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
    `link set ${link} master ${bridgeOf(placeOf(machine.address).link)} up`,
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

function linkOf(address: string): string {
  const { link, number } = placeOf(address);
  return link === 0 ? `m${number}` : `m${link}-${number}`;
}

async function batch(fabric: Fabric, lines: readonly string[]): Promise<void> {
  await run(['ip', '-n', fabric.namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

async function hasBridge(fabric: Fabric, link: number): Promise<boolean> {
  const bridges = await run(['ip', '-n', fabric.namespace, '-br', 'link', 'show', 'type', 'bridge']);
  return bridges.split('\n').some((line) => line.startsWith(`${bridgeOf(link)} `));
}
