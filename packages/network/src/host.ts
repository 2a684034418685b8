import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from '@typernetes/base';
import { masqueradeJump } from './masquerade.ts';
import { type KernelRoute, routeProtocol } from './routes.ts';

/** What the agent does to its machine. */
export interface NetworkHost {
  routes(): Promise<KernelRoute[]>;
  applyRoutes(commands: readonly string[]): Promise<void>;
  applyMasquerade(rules: string): Promise<void>;
  /** Replaces the file at once and only when it differs: the container runtime watches the folder. */
  writeConfig(path: string, text: string): Promise<void>;
}

const run = promisify(execFile);

/** The machine this program runs on, by `ip` and `iptables`. */
export const linuxHost: NetworkHost = {
  async routes() {
    const { stdout } = await run('ip', ['-json', 'route', 'show', 'proto', String(routeProtocol)]);
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as KernelRoute[]);
  },
  async applyRoutes(commands) {
    if (commands.length > 0) await feed('ip', ['-batch', '-'], `${commands.join('\n')}\n`);
  },
  async applyMasquerade(rules) {
    await feed('iptables-restore', ['--noflush', '--wait', '5'], rules);
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
      await run('iptables', action('-C'));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error;
      await run('iptables', action('-A'));
    }
  },
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
