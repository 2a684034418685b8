import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import type { IpFamily } from '@typernetes/base';
import { removalInput } from './removal.ts';
import { type Jump, jumps, permanentChains, type Ruleset } from './ruleset.ts';

/** The operations on the kernel's packet filter. */
export interface PacketFilter {
  /**
   * Feeds `input` to the restore program, which applies it in one transaction per table. Rejects with the program's
   * message.
   */
  restore(input: string): Promise<void>;
  /** Creates our permanent chains and the jumps to them where they are missing. */
  ensureJumps(): Promise<void>;
  /**
   * Whether our permanent chains have as many rules as were applied, and the jumps to them are there: who flushes a table changes
   * that. To list everything instead takes seconds where there are thousands of services.
   */
  holds(applied: Ruleset): Promise<boolean>;
  /** Names of our chains that already exist, per table, left by an earlier run. */
  existingChains(): Promise<Readonly<Record<'nat' | 'filter', readonly string[]>>>;
  /** Removes our chains and the jumps to them; resolves to whether there were any. */
  remove(): Promise<boolean>;
}

const run = promisify(execFile);

/** The host's iptables or ip6tables (legacy or nft, whichever the system has). */
export function iptables(family: IpFamily): PacketFilter {
  const program = family === 'IPv4' ? 'iptables' : 'ip6tables';
  const restore = (input: string): Promise<void> => restoreBy(`${program}-restore`, input);
  return {
    restore,
    async ensureJumps() {
      let input = '';
      for (const table of ['filter', 'nat'] as const) {
        const saved = (await run(`${program}-save`, ['-t', table], { maxBuffer: 1 << 28 })).stdout;
        const missingChains = permanentChains[table].filter((chain) => !saved.includes(`\n:${chain} `));
        const missingJumps: Jump[] = [];
        for (const jump of jumps.filter((j) => j.table === table)) {
          // The program rejects a check for a jump to a chain that does not exist.
          if (missingChains.includes(targetOf(jump.rule)) || !(await exists(jump, program))) missingJumps.push(jump);
        }
        input += `*${table}\n${missingChains.map((chain) => `:${chain} - [0:0]\n`).join('')}`;
        input += `${missingJumps.map((jump) => `-I ${jump.chain} ${jump.rule}\n`).join('')}COMMIT\n`;
      }
      await restore(input);
    },
    async holds(applied) {
      for (const table of ['filter', 'nat'] as const) {
        const own = jumps.filter((jump) => jump.table === table);
        for (const chain of new Set(own.map((jump) => jump.chain))) {
          const targets = (await rulesIn(chain, table, program))?.map(targetOf) ?? [];
          if (!own.every((jump) => jump.chain !== chain || targets.includes(targetOf(jump.rule)))) return false;
        }
        for (const chain of permanentChains[table]) {
          const rules = await rulesIn(chain, table, program);
          if (rules?.length !== applied[table].chains.get(chain)?.length) return false;
        }
      }
      return true;
    },
    async existingChains() {
      const chainsOf = async (table: string): Promise<string[]> => {
        const saved = (await run(`${program}-save`, ['-t', table], { maxBuffer: 1 << 28 })).stdout;
        return [...saved.matchAll(/^:(KUBE-(?:SVC|SVL|EXT|SEP|FW)-[A-Z2-7]+) /gm)].map((match) => match[1] as string);
      };
      return { nat: await chainsOf('nat'), filter: await chainsOf('filter') };
    },
    async remove() {
      let found = false;
      for (const table of ['filter', 'nat'] as const) {
        const saved = (await run(`${program}-save`, ['-t', table], { maxBuffer: 1 << 28 })).stdout;
        const input = removalInput(table, saved);
        if (input === undefined) continue;
        found = true;
        await restore(input);
      }
      return found;
    },
  };
}

function restoreBy(program: string, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['--noflush', '--wait', '5'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Cannot restore rules: ${program} exited with ${code}: ${said.trim()}`));
    });
    child.stdin.on('error', reject);
    child.stdin.end(input);
  });
}

/** Where a rule that ends with a jump leads to. */
const targetOf = (rule: string): string => rule.slice(rule.lastIndexOf(' ') + 1);

/** The rules of a chain as the program prints them; undefined if there is no such chain. */
async function rulesIn(chain: string, table: string, program: string): Promise<readonly string[] | undefined> {
  try {
    const { stdout } = await run(program, ['-w', '5', '-t', table, '-S', chain], { maxBuffer: 1 << 28 });
    return stdout.split('\n').filter((line) => line.startsWith('-A '));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  }
}

/** Asks the program itself: it prints saved rules differently from how they were given. */
async function exists(jump: Jump, program: string): Promise<boolean> {
  try {
    await run(program, ['-w', '5', '-t', jump.table, '-C', jump.chain, ...splitRule(jump.rule)]);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return false;
    throw error;
  }
}

/** Splits a rule at blanks outside quotes, as iptables-restore does. */
function splitRule(rule: string): string[] {
  return [...rule.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}
