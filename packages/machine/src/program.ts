import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { CommandError, run } from './command.ts';

/** Where our bundled programs and their Node live, on machines as in images. */
export const programDirectory = '/usr/local/lib/typernetes';

/** Compiled code of the programs, below their directory. */
export const compileCache = 'compile-cache';

/** Programs that people type: they are bundled in parts, a folder with `main.cjs`, because loading is most of what a short command takes. */
const splitPrograms: readonly string[] = ['kubectl'];

export const isSplit = (program: string): boolean => splitPrograms.includes(program);

/** What is started of a bundled program, below {@link programDirectory}. */
export const programEntry = (program: string): string => (isSplit(program) ? `${program}/main.cjs` : `${program}.mjs`);

/**
 * Starts a bundled program on our Node, with its compiled code read from the cache that {@link compileAhead} made beside the bundle.
 * No shell in between: the program gets the signals. Authorities that nobody named are the system's for a split program: Node's own
 * list takes longer to read than all the rest of a short command.
 */
export function wrapperOf(program: string): string {
  if (isSplit(program))
    return `#!${programDirectory}/node --use-openssl-ca\nrequire('${programDirectory}/${program}/start.cjs');\n`;
  return `#!${programDirectory}/node
require('node:module').enableCompileCache({ directory: '${programDirectory}/${compileCache}', portable: true });
import('${programDirectory}/${programEntry(program)}');
`;
}

/** Tells a split program's start to write down the compiled code of what it has run. */
const writeCode = { TYPERNETES_COMPILE_AHEAD: '1' };

/**
 * Runs the program in `folder` once, for its version, so that Node writes down its compiled code; kubectl shows a list, from a server that
 * has nothing else, and tries to reach one by TLS, because only functions that have run are written down. That code depends on the processor
 * and differs from one time to the next, so it is made where it is used and is no part of an image. A program that cannot say its
 * version starts without.
 */
export async function compileAhead(
  node: string,
  { folder, program }: { folder: string; program: string },
): Promise<void> {
  const wrapper = join(folder, `${program}.compile`);
  writeFileSync(wrapper, wrapperOf(program).replaceAll(programDirectory, folder));
  try {
    if (program === 'kubectl') await showList([node, wrapper], `${wrapper}.yaml`);
    else await run([node, wrapper, '--version'], { signal: AbortSignal.timeout(20_000) });
  } catch (error) {
    if (!(error instanceof CommandError) && !(error instanceof Error && error.name === 'AbortError')) throw error;
  } finally {
    rmSync(wrapper);
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
    rmSync(kubeconfig);
  }
}

/** TLS with a server that has none fails, but has run. */
function ignoreFailure(error: unknown): void {
  if (!(error instanceof CommandError)) throw error;
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
