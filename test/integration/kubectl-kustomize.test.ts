import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls } from './kubectl-beside-upstream.ts';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const folder = join(import.meta.dirname, 'testdata/kustomize');

test('kustomizations are built as upstream builds them, byte for byte, and are wrong for what upstream finds wrong', async () => {
  using both = bothKubectls({ KUBECONFIG: '/dev/null' });
  for (const name of readdirSync(folder)) {
    const [ours, upstream] = await Promise.all([
      both.ours('kustomize', join(folder, name)),
      both.upstream('kustomize', join(folder, name)),
    ]);
    assert.deepEqual(ours, upstream, name);
    assert.equal(ours.code, name.startsWith('bad-') || name === 'fifo' ? 1 : 0, name);
  }
});

test('the folders of kustomizations stand where files do', async () => {
  const at = join(folder, 'base');
  await compareOnTwoPlanes(
    `
    diff -k ${at}
    apply -k ${at}
    apply -k ${at}
    get -k ${at} -o name
    label -k ${at} a=b
    diff -k ${join(folder, 'two/blue')}
    delete -k ${at}
    apply -k ${join(folder, 'bad-twice')}
    kustomize a b
  `.replace(/^ +/gm, ''),
  );
});

test('what is left to the program "kustomize" is named where there is none', async () => {
  using both = bothKubectls({ KUBECONFIG: '/dev/null', PATH: '/nowhere' });
  const { err, code } = await both.ours('kustomize', '--enable-helm', join(folder, 'base'));
  assert.match(err, /flag "--enable-helm" is left to the program "kustomize", which is not on the PATH: install it/);
  assert.equal(code, 1);
});
