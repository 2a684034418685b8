import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run } from './command.ts';

/** The folder of our bundled programs and their Node, on machines and in images. */
export const programDirectory = '/usr/local/lib/typernetes';

/** A bundled program, below {@link programDirectory}: it is started by `start.cjs` beside it. */
export const programEntry = (program: string): string => `${program}/main.cjs`;

/** Starts the program from its compiled code, below {@link programDirectory}. */
const starter = (program: string): string => `${program}/start.cjs`;

/**
 * A seed from which V8 finds the secret of its hashes quickly: of 1,500 seeds one of the fastest, 0.9 ms, where a random one takes 2.2 ms on average and up
 * to 7 ms. For another version of V8 it is as good as a random one; bench/README.md tells how to find a new one. Whoever knows the seed can make objects
 * that are slow to read. For a command that is no worse than very many objects, but programs that serve others must not use it. Math.random() uses the seed,
 * too: kubectl takes the random parts of names from elsewhere (`kubectl/src/fresh-random.ts`).
 */
const quickSeed = 154;

/**
 * Node's flags for a program. The default certificate authorities are the system's: reading Node's own list takes longer than the rest of a short command.
 * All that kubectl loads fits into 4 MB of new objects: with Node's default of 1 MB, a garbage collection of 4 ms would free nothing. Nothing is
 * compiled in the background: starting and ending the threads for that takes 0.5 ms.
 */
const nodeOptions = (program: string): readonly string[] =>
  program === 'kubectl'
    ? ['--use-openssl-ca', `--random-seed=${quickSeed}`, '--min-semi-space-size=4', '--v8-pool-size=0']
    : ['--use-openssl-ca'];

/**
 * Settings of glibc for programs that end before giving memory back would help: one arena for all allocations, in large pages where the kernel offers
 * them. Of the 4,400 pages that `kubectl get pods` touches, at half a microsecond or more each, this saves 500.
 */
const allocation = 'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=16777216';

/** Sets them, unless the user has set others; the program removes both from its environment again, so that what it runs does not inherit them. */
const tuned = `[ "\${GLIBC_TUNABLES+set}" ] || export TYPERNETES_TUNED=1 GLIBC_TUNABLES=${allocation}`;

/**
 * kubectl ignores the variable with certificate authorities for all programs on Node: reading them takes 5 ms. The programs that it runs get the variable back.
 */
const trusting = `[ "\${NODE_EXTRA_CA_CERTS+set}" ] && export TYPERNETES_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS" && unset NODE_EXTRA_CA_CERTS`;

/**
 * Starts a bundled program on our Node, with the compiled code that {@link compileAhead} or a rehearsal has left beside the bundle. Signals reach the program:
 * there is no shell in between, or the program replaces it (the first line of a script can name only one option).
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

/** Makes a program save the compiled code of what it has run when it ends. */
export const writeCode = { TYPERNETES_COMPILE_AHEAD: '1' };

/** Command lines that run most of the code of a program's start; whether they succeed does not matter. */
const rehearsals: Readonly<Record<string, (temporary: string) => readonly (readonly string[])[]>> = {
  kubeadm: (temporary) => {
    const pki = ['--cert-dir', join(temporary, 'pki')];
    return [
      ['init', 'phase', 'certs', 'all', ...pki],
      ['init', 'phase', 'kubeconfig', 'all', ...pki, '--kubeconfig-dir', temporary],
    ];
  },
  // All code is loaded before the missing file is noticed.
  kubelet: (temporary) => [['--config', join(temporary, 'none.yaml')]],
};

/** A separate program that rehearses the one beside it, for programs where a command line alone runs too little code. */
export const rehearsalOf = (program: string): string => `${program}/rehearse.cjs`;

/** The command line that rehearses a program in `folder`; Debian packages run it when they are installed. */
export const rehearsalCommand = (node: string, { folder, program }: { folder: string; program: string }): string[] => [
  node,
  ...nodeOptions(program),
  join(folder, rehearsalOf(program)),
];

/**
 * Runs the program in `folder` to save its compiled code, which contains only functions that have run. The code depends on the processor and differs from
 * run to run, so it is made where it is used and is not part of an image. A program whose rehearsal fails starts without it.
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
