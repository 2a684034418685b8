import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, type IpFamily } from '@typernetes/base';
import { masqueradeJump } from './masquerade.ts';
import { type KernelRoute, routeProtocol } from './routes.ts';

/** The operations on the host. */
export interface NetworkHost {
  routes(family: IpFamily): Promise<KernelRoute[]>;
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

const run = promisify(execFile);

/** The host this program runs on, through `ip`, `iptables`, `ip6tables` and `nft`. */
export const linuxHost: NetworkHost = {
  async routes(family) {
    const { stdout } = await run('ip', [
      family === 'IPv4' ? '-4' : '-6',
      '-json',
      'route',
      'show',
      'proto',
      String(routeProtocol),
    ]);
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as KernelRoute[]);
  },
  async applyRoutes(commands) {
    if (commands.length > 0) await feed('ip', ['-batch', '-'], `${commands.join('\n')}\n`);
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
    const before = await interfaceOf(name);
    const missing = gateways.filter((gateway) => !before?.addresses.includes(gateway));
    if (missing.length === 0) return;
    if (!before) await feed('ip', ['-batch', '-'], `link add ${name} type bridge\n`);
    const made = await interfaceOf(name);
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

interface Interface {
  readonly mac: string;
  /** IPv6 addresses with prefix lengths. */
  readonly addresses: readonly string[];
}

/** The interface of that name, or undefined. */
async function interfaceOf(name: string): Promise<Interface | undefined> {
  const { stdout } = await run('ip', ['-json', 'address', 'show']);
  const all = JSON.parse(stdout) as {
    ifname: string;
    address?: string;
    addr_info?: { family: string; local: string; prefixlen: number }[];
  }[];
  const found = all.find(({ ifname }) => ifname === name);
  return (
    found && {
      mac: found.address ?? '',
      addresses: (found.addr_info ?? [])
        .filter(({ family }) => family === 'inet6')
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    }
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function feed(program: string, args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Cannot run ${program}: exited with ${code}: ${said.trim()}`));
    });
    child.stdin.on('error', reject);
    child.stdin.end(input);
  });
}
