import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { bothKubectls } from './kubectl-beside-upstream.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-completion-'));
after(() => rmSync(folder, { recursive: true }));
const main = join(import.meta.dirname, '../../apps/kubectl/src/main.ts');
writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
chmodSync(join(folder, 'kubectl'), 0o755);

/** The output of an interactive bash in a terminal after these keys. */
function typed(keys: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb', ...environment };
  return new Promise((resolve) => {
    const line = ['-qec', 'bash --norc --noprofile -i', '/dev/null'];
    const child = execFile('script', line, { env, cwd: folder }, (_error, out) => resolve(out));
    child.stdin?.end(keys);
  });
}

test('bash completes the objects of the cluster, also for aliases and after colons', async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  await both.ours('create', 'configmap', 'settings-of-web');
  await both.ours('config', 'set-context', 'arn:aws:one', '--cluster=typernetes', '--user=kubernetes-admin');
  const shown = await typed(
    [
      'source <(kubectl completion bash)',
      "alias k='kubectl -n default'; complete -o default -F __start_kubectl k",
      'kubectl ge\tconfi\t sett\t --output=na\t',
      'k get cm/sett\t -o name',
      'kubectl --context arn:aws:o\t get cm settings-of-web -o name',
      'exit',
      '',
    ].join('\n'),
    { KUBECONFIG: plane.kubeconfigFile },
  );
  const found = shown.match(/^configmap\/settings-of-web\r$/gm) ?? [];
  assert.equal(found.length, 3, shown);
});
