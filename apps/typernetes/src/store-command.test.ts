import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatKubeconfig, singleContext } from '@typernetes/client';

const folder = mkdtempSync(join(tmpdir(), 'store-command-'));
after(() => rmSync(folder, { recursive: true }));

/** The status of a server's store, as the programs of a checkout and of a machine print it. */
const programs = ['main.ts', 'installed-program.ts', 'package-program.ts'];
const statusBy = (program: string, kubeconfig: string): { status: number | null; stderr: string } =>
  spawnSync(process.execPath, [join(import.meta.dirname, program), 'store', 'status'], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    encoding: 'utf8',
  });

test('without a kubeconfig, it says how to name one', () => {
  for (const program of programs) {
    const { status, stderr } = statusBy(program, join(folder, 'none'));
    assert.equal(
      stderr,
      "typernetes: Cannot ask the API server: no kubeconfig, name an administrator's with --kubeconfig or KUBECONFIG\n",
    );
    assert.equal(status, 1);
  }
});

test('a server that refuses the connection is named as kubectl names it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const kubeconfig = join(folder, 'config');
  const cluster = { server: `http://127.0.0.1:${port}` };
  const text = formatKubeconfig(singleContext({ clusterName: 'c', cluster, userName: 'u', user: {} }));
  writeFileSync(kubeconfig, text);
  assert.equal(
    statusBy('main.ts', kubeconfig).stderr,
    `typernetes: The connection to the server 127.0.0.1:${port} was refused - did you specify the right host or port?\n`,
  );
});
