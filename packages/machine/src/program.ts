import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run } from './command.ts';

/** Where our bundled programs and their Node live, on machines as in images. */
export const programDirectory = '/usr/local/lib/typernetes';

/** A bundled program, below {@link programDirectory}: it is started by `start.cjs` beside it. */
export const programEntry = (program: string): string => `${program}/main.cjs`;

/** Starts the program from its compiled code, below {@link programDirectory}. */
const starter = (program: string): string => `${program}/start.cjs`;

/**
 * Of 1,500 seeds one of those from which V8 has found the secret of its hashes soonest: 0.9 ms, where a drawn one takes 2.2 on average and up to 7. Another V8 finds
 * other ones (bench/README.md tells how), and loses nothing until then. Who knows the seed can write objects that are slow to read: a command may be kept busy
 * so, as by ever more objects; for programs that serve others it is not for. It is Math.random()'s, too: kubectl draws its names elsewhere (`kubectl/src/fresh-random.ts`).
 */
const quickSeed = 154;

/**
 * How Node starts a program. Authorities that nobody named are the system's: Node's own list takes longer to read than all the rest of a short
 * command. What kubectl loads fits into 4 MB of new objects: the collection that Node would begin with at 1 MB takes 4 ms and finds nothing. It compiles
 * nothing in the background: threads for that cost 0.5 ms to start and to end.
 */
const nodeOptions = (program: string): readonly string[] =>
  program === 'kubectl'
    ? ['--use-openssl-ca', `--random-seed=${quickSeed}`, '--min-semi-space-size=4', '--v8-pool-size=0']
    : ['--use-openssl-ca'];

/**
 * What glibc is told for a program that is over before its memory could be given back: all that it allocates comes from one place, in large pages where the
 * kernel has them for the asking. Of 4,400 pages that `kubectl get pods` touches one by one, each for half a microsecond and more, 500 are left out.
 */
const allocation = 'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=16777216';

/** Says so, unless the user has said something else; the program takes both from its environment again, so that nothing that it runs inherits them. */
const tuned = `[ "\${GLIBC_TUNABLES+set}" ] || export TYPERNETES_TUNED=1 GLIBC_TUNABLES=${allocation}`;

/**
 * Authorities for every program on Node are none of kubectl's, and reading them takes 5 ms. The program gives the variable back to what it runs.
 */
const trusting = `[ "\${NODE_EXTRA_CA_CERTS+set}" ] && export TYPERNETES_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS" && unset NODE_EXTRA_CA_CERTS`;

/**
 * Starts a bundled program on our Node, with the compiled code that {@link compileAhead} or a rehearsal left beside the bundle. The program gets the
 * signals: there is no shell in between, or one that it takes the place of, because the first line of a script names one option at most.
 */
export function wrapperOf(program: string): string {
  const node = `${programDirectory}/node`;
  const start = `${programDirectory}/${starter(program)}`;
  const options = nodeOptions(program);
  return options.length === 1
    ? `#!${node} ${options[0]}\nrequire('${start}');\n`
    : `#!/bin/sh\n${tuned}\n${trusting}\nexec ${node} ${options.join(' ')} ${start} "$@"\n`;
}

/** The command line of a program in `folder`. */
export const programCommand = (node: string, { folder, program }: { folder: string; program: string }): string[] => [
  node,
  ...nodeOptions(program),
  join(folder, starter(program)),
];

/** Tells a program's start to write down, when it ends, the compiled code of what it has run. */
export const writeCode = { TYPERNETES_COMPILE_AHEAD: '1' };

/** Command lines whose compiled code is most of what a program's start takes; those that fail have run all the same. */
const rehearsals: Readonly<Record<string, (temporary: string) => readonly (readonly string[])[]>> = {
  kubeadm: (temporary) => {
    const pki = ['--cert-dir', join(temporary, 'pki')];
    return [
      ['init', 'phase', 'certs', 'all', ...pki],
      ['init', 'phase', 'kubeconfig', 'all', ...pki, '--kubeconfig-dir', temporary],
    ];
  },
  // Everything is loaded before the file is missed.
  kubelet: (temporary) => [['--config', join(temporary, 'none.yaml')]],
};

/** A program of its own that rehearses the one beside it, where a command line alone does not show enough. */
export const rehearsalOf = (program: string): string => `${program}/rehearse.cjs`;

/** What rehearses a program in `folder`, started by hand: Debian's packages do that when they are installed. */
export const rehearsalCommand = (node: string, { folder, program }: { folder: string; program: string }): string[] => [
  node,
  ...nodeOptions(program),
  join(folder, rehearsalOf(program)),
];

/**
 * Runs the program in `folder` so that its compiled code is written down: only functions that have run are. That code depends on the processor
 * and differs from one time to the next, so it is made where it is used and is no part of an image. A program that fails starts without.
 */
export async function compileAhead(node: string, of: { folder: string; program: string }): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), 'compile-ahead-'));
  const commands = existsSync(join(of.folder, rehearsalOf(of.program)))
    ? [rehearsalCommand(node, of)]
    : (rehearsals[of.program]?.(temporary) ?? [['--help']]).map((args) => [...programCommand(node, of), ...args]);
  try {
    for (const command of commands) {
      const settings = { env: writeCode, signal: AbortSignal.timeout(45_000) };
      await run(command, settings).catch(ignoreFailure);
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof CommandError) && !(error instanceof Error && error.name === 'AbortError')) throw error;
}
