/**
 * Has the program beside this file run what people type most, so that the compiled code of that is written down: `get pods`, against a server of its own
 * on loopback that has nothing else. First it tries to reach it by TLS, which the server does not speak, and is ended while it waits for an answer: only
 * functions that have run are written down, and those that tell of a failure would make the file longer for everyone.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const table = {
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: {},
  columnDefinitions: [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }],
  rows: [{ cells: ['web'], object: { metadata: { name: 'web' } } }],
};

const kubeconfig = (server: string): string => `apiVersion: v1
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

const folder = mkdtempSync(join(tmpdir(), 'kubectl-rehearsal-'));
const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(table));
});
let running: ChildProcess | undefined;
server.on('clientError', () => running?.kill('SIGTERM'));

/** Rejects when there is no such program; its exit code says nothing of what it has run. */
function listPods(address: string): Promise<void> {
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, kubeconfig(address));
  const env = { TYPERNETES_COMPILE_AHEAD: '1', HOME: folder, KUBECONFIG: file };
  const program = [...process.execArgv, join(__dirname, 'start.cjs'), 'get', 'pods'];
  return new Promise((resolve, reject) => {
    running = execFile(process.execPath, program, { env, timeout: 20_000 }, (error) => {
      if (error?.code === 'ENOENT') reject(error);
      else resolve();
    });
  });
}

server.listen(0, '127.0.0.1', () => {
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  // The second run has the code of the first, and writes down both's.
  void listPods(`https://${place}`)
    .then(() => listPods(`http://${place}`))
    .finally(() => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    });
});
