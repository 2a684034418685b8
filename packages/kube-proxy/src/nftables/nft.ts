import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import type { IpFamily } from '@typernetes/base';
import { tableName } from './table.ts';
import type { ExistingTable } from './transaction.ts';

/** The operations on the kernel's table of one address family. */
export interface Nft {
  /** Feeds `input` to `nft -f -`. Rejects with the program's message. */
  run(input: string): Promise<void>;
  /** What is in the table; undefined: there is none. */
  existing(): Promise<ExistingTable | undefined>;
}

/** A chain or a set in the output of `nft --json`. */
interface Listed {
  readonly table: string;
  readonly name: string;
  readonly type?: string | readonly string[];
  readonly timeout?: number;
}

const execute = promisify(execFile);

/** The host's program nft; `command` runs it elsewhere. */
export function nft(family: IpFamily, command: readonly [string, ...string[]] = ['nft']): Nft {
  const [program, ...first] = command;
  const [kind = '', table = ''] = tableName(family).split(' ');
  const list = async (what: 'chains' | 'sets'): Promise<Listed[]> => {
    // Terse: without the elements of sets.
    const { stdout } = await execute(program, [...first, '--json', '--terse', 'list', what, kind], {
      maxBuffer: 1 << 28,
    });
    const { nftables } = JSON.parse(stdout) as { nftables: readonly Readonly<Record<string, Listed>>[] };
    return nftables.flatMap(({ chain, set }) => chain ?? set ?? []).filter((one) => one.table === table);
  };
  return {
    run: (input) => runScript(program, [...first, '-f', '-'], input),
    async existing() {
      const chains = await list('chains');
      if (chains.length === 0) return undefined;
      const sets = await list('sets');
      return {
        chains: chains.map(({ name }) => name),
        sets: new Map(sets.map((set) => [set.name, definitionOf(set)])),
      };
    },
  };
}

/** As the plan defines sets of clients. */
const definitionOf = ({ type, timeout }: Listed): string =>
  `type ${type} ; flags dynamic,timeout ; timeout ${timeout}s ;`;

function runScript(program: string, args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(0, 2000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Cannot write rules: nft exited with ${code}: ${said.trim()}`));
    });
    child.stdin.on('error', reject);
    child.stdin.end(input);
  });
}
