import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { realKubectl } from '../upstream-tools.ts';
import { proxiedLines } from './kubectl-proxied.ts';

const folder = join(import.meta.dirname, 'testdata/kubectl-lines/files');
const ours = [process.execPath, join(import.meta.dirname, '../../apps/kubectl/src/main.ts')];

/** The responses through a proxy that the program starts. */
async function answers(
  [program = '', ...args]: readonly string[],
  paths: readonly string[],
  kubeconfig: string,
): Promise<unknown[]> {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const ended = once(child, 'close').then(() => assert.fail(`${args.join(' ')} has ended`));
    const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? assert.fail(line);
    const found: unknown[] = [line.replace(address, 'ADDRESS')];
    for (const path of paths) {
      const response = await fetch(`http://${address}${path}`, { redirect: 'manual' });
      found.push([path, response.status, response.headers.get('content-type'), await response.text()]);
    }
    return found;
  } finally {
    child.kill();
  }
}

test("proxy answers and rejects as upstream's, flag by flag", async () => {
  await using plane = await startControlPlane({ nodes: 1 });
  for (const [line, paths] of proxiedLines) {
    const words = line.replaceAll('FOLDER', folder).split(' ');
    assert.deepEqual(
      await answers([...ours, ...words], paths, plane.kubeconfigFile),
      await answers([realKubectl(), ...words], paths, plane.kubeconfigFile),
      line,
    );
  }
});
