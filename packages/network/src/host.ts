import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, type IpFamily } from '@typernetes/base';
import { forwardingOf, linksOf, neighboursOf, onlyUnreachable, pathsOf } from './ip-output.ts';
import { masqueradeJump } from './masquerade.ts';
import { type KernelRoute, routeProtocol } from './routes.ts';
import type { PresentTunnel, TunnelCommands } from './tunnel-commands.ts';
import type { Link, Path } from './underlay.ts';

/** The operations on the host. */
export interface NetworkHost {
  links(): Promise<Link[]>;
  /** The kernel's ways to these addresses; those without one are missing. */
  paths(addresses: readonly string[]): Promise<ReadonlyMap<string, Path>>;
  /** The neighbours and the forwarding database of a VXLAN device. */
  tunnel(link: Link): Promise<PresentTunnel>;
  applyTunnels(commands: TunnelCommands): Promise<void>;
  routes(family: IpFamily): Promise<KernelRoute[]>;
  /** One that fails does not hold back the others; rejects with all that failed. */
  applyRoutes(commands: readonly string[]): Promise<void>;
  applyMasquerade(rules: string, family: IpFamily): Promise<void>;
  /**
   * Creates the bridge with these IPv6 addresses before the bridge plugin would. The plugin leaves duplicate address
   * detection on, and until that ends, a second or two after the first pod is attached, the host cannot reach its pods.
   * No one else can have the addresses. An existing bridge or address is left alone.
   */
  prepareBridge(name: string, gateways: readonly string[]): Promise<void>;
  /** Replaces all rules made from NetworkPolicies atomically. */
  applyPolicies(ruleset: string): Promise<void>;
  /** Replaces the file atomically, and only when the content differs: the container runtime watches the directory. */
  writeConfig(path: string, text: string): Promise<void>;
}

/** The host this program runs on, through `ip`, `bridge`, `iptables`, `ip6tables` and `nft`. */
export const linuxHost: NetworkHost = {
  async links() {
    return linksOf(await output('ip', ['-json', '-details', 'address', 'show']));
  },
  async paths(addresses) {
    if (addresses.length === 0) return new Map();
    const lines = addresses.map((address) => `route get ${address}\n`).join('');
    const { code, stdout, stderr } = await ended('ip', ['-json', '-force', '-batch', '-'], lines);
    if (code !== 0 && !onlyUnreachable(stderr)) throw new Error(`Cannot run ip: exited with ${code}: ${stderr.trim()}`);
    return pathsOf(stdout);
  },
  async tunnel(link) {
    const neighbours = await output('ip', ['-json', 'neigh', 'show', 'nud', 'permanent', 'dev', link.name]);
    const forwarding = await output('bridge', ['-json', 'fdb', 'show', 'dev', link.name]);
    return { link, neighbours: neighboursOf(neighbours), forwarding: forwardingOf(forwarding) };
  },
  async applyTunnels({ ip, bridge }) {
    if (ip.length > 0) await feed('ip', ['-batch', '-'], `${ip.join('\n')}\n`);
    if (bridge.length > 0) await feed('bridge', ['-batch', '-'], `${bridge.join('\n')}\n`);
  },
  async routes(family) {
    const version = family === 'IPv4' ? '-4' : '-6';
    const stdout = await output('ip', [version, '-json', 'route', 'show', 'proto', String(routeProtocol)]);
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as KernelRoute[]);
  },
  async applyRoutes(commands) {
    if (commands.length > 0) await feed('ip', ['-force', '-batch', '-'], `${commands.join('\n')}\n`);
  },
  async applyMasquerade(rules, family) {
    const program = family === 'IPv4' ? 'iptables' : 'ip6tables';
    await feed(`${program}-restore`, ['--noflush', '--wait', '5'], rules);
    const jump = ['-t', 'nat', masqueradeJump.chain, ...masqueradeJump.rule];
    const action = (verb: string): string[] => [
      '-w',
      '5',
      jump[0] as string,
      jump[1] as string,
      verb,
      ...jump.slice(2),
    ];
    try {
      await run(program, action('-C'));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error;
      await run(program, action('-A'));
    }
  },
  async prepareBridge(name, gateways) {
    const before = (await linuxHost.links()).find((link) => link.name === name);
    const missing = gateways.filter((gateway) => !before?.addresses.includes(gateway));
    if (missing.length === 0) return;
    if (!before) await feed('ip', ['-batch', '-'], `link add ${name} type bridge\n`);
    const made = before ?? (await linuxHost.links()).find((link) => link.name === name);
    if (!made) throw new Error(`Cannot make the bridge "${name}": it is not there afterwards`);
    const lines = [
      // Sets the address explicitly; otherwise the bridge changes it whenever a pod comes or goes.
      `link set dev ${name} address ${made.mac}`,
      ...missing.map((gateway) => `addr add ${gateway} dev ${name} nodad`),
      `link set dev ${name} up`,
    ];
    await feed('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
  },
  applyPolicies: (ruleset) => feed('nft', ['-f', '-'], ruleset),
  async writeConfig(path, text) {
    if ((await readIfThere(path)) === text) return;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  },
};

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const run = promisify(execFile);

/** Of nodes with many pods or peers, the output is large. */
const most = { maxBuffer: 256 * 1024 * 1024 };

async function output(program: string, args: readonly string[]): Promise<string> {
  return (await run(program, args, most)).stdout;
}

async function feed(program: string, args: readonly string[], input: string): Promise<void> {
  const { code, stderr } = await ended(program, args, input);
  if (code !== 0) throw new Error(`Cannot run ${program}: exited with ${code}: ${stderr.trim()}`);
}

function ended(
  program: string,
  args: readonly string[],
  input: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said }));
    child.stdin.on('error', reject);
    child.stdin.end(input);
  });
}
