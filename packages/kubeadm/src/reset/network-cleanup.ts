import { messagesOf } from '@typernetes/base';
import { withoutClusterRules } from './packet-rules.ts';
import type { ResetContext } from './reset-context.ts';

/** The traces of our network add-on: its configuration, the bridge, VXLAN devices, routes with its protocol number, the rules of NetworkPolicies. */
const network = {
  config: '/etc/cni/net.d/10-typernetes.conflist',
  name: 'typernetes',
  links: ['cni0', 'typernetes-vx4', 'typernetes-vx6'],
  protocol: '86',
  policies: 'table inet typernetes-policies',
};

const rulesFile = '/run/kubeadm-reset.rules';

type Deps = Pick<ResetContext, 'host' | 'output'>;

/** The parts of the network that the user has to clean up, in upstream's words: those of other add-ons, none of ours. */
export async function cleanUpNetwork(deps: Deps): Promise<string[]> {
  const left: string[] = [];
  if (!(await removeNetwork(deps))) left.push('CNI plugin configuration');
  if (!(await removePacketRules(deps))) left.push('network filtering rules');
  return left;
}

/** Removes our network add-on's state; returns whether the pod network was ours and is removed. Other add-ons' networks are left. */
async function removeNetwork({ host, output }: Deps): Promise<boolean> {
  const others = (await host.files.list('/etc/cni/net.d')).filter((name) => !network.config.endsWith(`/${name}`));
  if (!(await host.files.exists(network.config))) return others.length === 0;
  output.out(
    `[reset] Removing the network of the pods: ${network.config}, links ${network.links.join(', ')}, its routes\n`,
  );
  await host.files.remove(network.config);
  await host.files.remove(`/var/lib/cni/networks/${network.name}`);
  const failures: string[] = [];
  for (const line of [
    ...network.links.map((link) => ['ip', 'link', 'delete', link]),
    ['ip', 'route', 'flush', 'proto', network.protocol],
    ['ip', '-6', 'route', 'flush', 'proto', network.protocol],
    // Adding the table first makes the deletion succeed whether or not it existed.
    ['nft', `add ${network.policies}; delete ${network.policies}`],
  ]) {
    const failure = await failureOf(host, line);
    // There is no bridge before the first pod, and VXLAN only to nodes on other links.
    if (failure !== undefined && !/Cannot find device/.test(failure)) failures.push(failure);
  }
  if (failures.length > 0) output.err(`[reset] WARNING: Failed to remove the network: ${failures.join('; ')}\n`);
  return failures.length === 0 && others.length === 0;
}

/** Removes the rules of kube-proxy and of the add-on; returns whether none are left in either family. */
async function removePacketRules({ host, output }: Deps): Promise<boolean> {
  const failures: string[] = [];
  output.out('[reset] Removing the packet rules of Services and pods\n');
  for (const program of ['iptables', 'ip6tables']) {
    if ((await host.commands.find(`${program}-save`)) === undefined) {
      failures.push(`${program}-save: executable file not found in $PATH`);
      continue;
    }
    try {
      const { code, stdout, stderr } = await host.commands.run(`${program}-save`, []);
      if (code !== 0) throw new Error(`${program}-save: ${stderr.trim()}`);
      const script = withoutClusterRules(stdout);
      if (script === '') continue;
      await host.files.write(rulesFile, script);
      const failure = await failureOf(host, [`${program}-restore`, '--noflush', '--wait', '5', rulesFile]);
      if (failure !== undefined) throw new Error(failure);
    } catch (error) {
      failures.push(messagesOf(error));
    } finally {
      await host.files.remove(rulesFile);
    }
  }
  failures.push(...(await removeNftables(host)));
  if (failures.length > 0) output.err(`[reset] WARNING: Failed to remove packet rules: ${failures.join('; ')}\n`);
  return failures.length === 0;
}

/** The reason for a program's failure; undefined if it succeeded. */
async function failureOf({ commands }: ResetContext['host'], [program = '', ...args]: readonly string[]) {
  try {
    const { code, stderr } = await commands.run(program, args);
    return code === 0 ? undefined : `${[program, ...args].join(' ')}: ${stderr.trim() || `exit code ${code}`}`;
  } catch (error) {
    return messagesOf(error);
  }
}

/** Deletes the tables that kube-proxy has in nftables mode; what went wrong. */
async function removeNftables(host: Deps['host']): Promise<string[]> {
  if ((await host.commands.find('nft')) === undefined) return [];
  const { code, stdout } = await host.commands.run('nft', ['list', 'tables']);
  // A kernel without nftables has no tables either.
  if (code !== 0) return [];
  const tables = stdout.split('\n').filter((line) => /^table ip6? kube-proxy$/.test(line));
  const results = await Promise.all(tables.map((line) => failureOf(host, ['nft', `delete ${line}`])));
  return results.flatMap((failure) => failure ?? []);
}
