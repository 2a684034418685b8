import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError, run } from './command.ts';

/** Where our bundled programs and their Node live, on machines as in images. */
export const programDirectory = '/usr/local/lib/typernetes';

/** A bundled program, below {@link programDirectory}: it is started by `start.cjs` beside it. */
export const programEntry = (program: string): string => `${program}/main.cjs`;

/** Starts the program from its compiled code, below {@link programDirectory}. */
const starter = (program: string): string => `${program}/start.cjs`;

/**
 * Starts a bundled program on our Node, with the compiled code that {@link compileAhead} or {@link rehearse} left beside the bundle.
 * No shell in between: the program gets the signals. Authorities that nobody named are the system's: Node's own list takes longer to read than
 * all the rest of a short command.
 */
export function wrapperOf(program: string): string {
  return `#!${programDirectory}/node --use-openssl-ca\nrequire('${programDirectory}/${starter(program)}');\n`;
}

/** The command line of a program in `folder`. */
export const programCommand = (node: string, { folder, program }: { folder: string; program: string }): string[] => [
  node,
  '--use-openssl-ca',
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

/**
 * Runs the program in `folder` so that its compiled code is written down. kubectl shows a list, from a server that
 * has nothing else, and tries to reach one by TLS, because only functions that have run are written down. That code depends on the processor
 * and differs from one time to the next, so it is made where it is used and is no part of an image. A program that fails starts without.
 */
export async function compileAhead(node: string, of: { folder: string; program: string }): Promise<void> {
  const command = programCommand(node, of);
  const temporary = mkdtempSync(join(tmpdir(), 'compile-ahead-'));
  try {
    if (of.program === 'kubectl') return await showList(command, join(temporary, 'kubeconfig'));
    for (const args of rehearsals[of.program]?.(temporary) ?? [['--help']]) {
      const settings = { env: writeCode, signal: AbortSignal.timeout(20_000) };
      await run([...command, ...args], settings).catch(ignoreFailure);
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

async function showList(kubectl: readonly string[], kubeconfig: string): Promise<void> {
  const { server, stop } = await listServer();
  const config = (server: string): string => `apiVersion: v1
clusters:
- cluster:
    server: ${server}
    insecure-skip-tls-verify: true
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: admin
  name: admin
current-context: admin
kind: Config
users:
- name: admin
  user:
    token: none
`;
  const env = { ...writeCode, HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig };
  try {
    // The second run has the code of the first, and writes down both's.
    for (const address of [server.replace('http:', 'https:'), server]) {
      writeFileSync(kubeconfig, config(address));
      const listed = run([...kubectl, 'get', 'pods'], { env, signal: AbortSignal.timeout(20_000) });
      await (address === server ? listed : listed.catch(ignoreFailure));
    }
  } finally {
    await stop();
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof CommandError) && !(error instanceof Error && error.name === 'AbortError')) throw error;
}

/** Answers everything with a table of one row. */
async function listServer(): Promise<{ server: string; stop(): Promise<void> }> {
  const table = {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }],
    rows: [{ cells: ['web'], object: { metadata: { name: 'web' } } }],
  };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(table));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
