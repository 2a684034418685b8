import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls, type Printed } from './kubectl-beside-upstream.ts';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const folder = join(import.meta.dirname, 'testdata/kustomize');

/**
 * Removes what differs between runs of upstream: log lines and times, vars in map order, clone directories, and memory
 * addresses.
 */
const constant = ({ err, ...of }: Printed): Printed => ({
  ...of,
  err: err
    .replace(/^I\d{4} [\d:.]+ +\d+ /gm, 'LOGGED ')
    .replace(/(?<=never replaced: ).*/, (names) => names.split(',').sort().join(','))
    .replace(/\n\n--\n&resource\.Resource[\s\S]*/, '\n')
    .replace(/\/tmp\/kustomize-\w+/g, 'CLONE'),
});

/** Kustomizations that upstream rejects although their names do not say so. */
const wrong = new Set(['fifo']);

test('kustomizations are built exactly as by upstream, and rejected where upstream rejects them', async () => {
  using both = bothKubectls({ KUBECONFIG: '/dev/null' });
  for (const name of readdirSync(folder)) {
    const [ours, upstream] = await Promise.all([
      both.ours('kustomize', join(folder, name)),
      both.upstream('kustomize', join(folder, name)),
    ]);
    assert.deepEqual(constant(ours), constant(upstream), name);
    assert.equal(ours.code, name.startsWith('bad-') || wrong.has(name) ? 1 : 0, name);
  }
});

test('bases and components from git repositories, and files from servers, are built as by upstream', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-kustomize-'));
  const served = createServer(({ url }, response) => {
    const file = files[url?.slice(1) ?? ''];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  }).listen(0, '127.0.0.1');
  try {
    await once(served, 'listening');
    const { port } = served.address() as AddressInfo;
    const closed = `http://127.0.0.1:${await closedPort()}`;
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, 'repository', path)), { recursive: true });
      writeFileSync(join(home, 'repository', path), text);
    }
    const git = (...args: string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.com', ...args], {
        cwd: join(home, 'repository'),
      });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'all');
    git('branch', 'v1');
    const repository = `file://${home}/repository`;
    const server = `http://127.0.0.1:${port}`;
    const kustomizations = [
      { resources: [`${repository}//over?ref=v1`], buildMetadata: ['originAnnotations'] },
      { components: [`${repository}//component`], resources: [`${repository}//base`] },
      { resources: [`${server}/base/pod.yaml`], patches: [{ path: `${server}/patch.yaml` }] },
      { resources: [`${repository}//none`] },
      { resources: [`${repository}//over?ref=none`] },
      { components: [`${repository}//over`] },
      { components: [`${repository}//over?ref=none`] },
      { resources: [`git::${repository}//over`] },
      { resources: [`${server}/none.yaml`] },
      { resources: [`${server}/org/repository/none`] },
      { resources: [`${closed}/none.yaml`] },
      { resources: [`${closed}/org/repository.git//none?timeout=5s`] },
    ];
    using both = bothKubectls({ KUBECONFIG: '/dev/null' });
    for (const [i, kustomization] of kustomizations.entries()) {
      const at = join(home, String(i));
      mkdirSync(at);
      writeFileSync(join(at, 'kustomization.yaml'), JSON.stringify(kustomization));
      const ours = await both.ours('kustomize', at);
      assert.deepEqual(constant(ours), constant(await both.upstream('kustomize', at)), JSON.stringify(kustomization));
      assert.equal(ours.code, i < 3 || i === 7 ? 0 : 1);
    }
    for (const at of [`${repository}//over`, `${repository}//none`])
      assert.deepEqual(constant(await both.ours('kustomize', at)), constant(await both.upstream('kustomize', at)), at);
  } finally {
    served.close();
    rmSync(home, { recursive: true });
  }
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith('kustomize-')),
    [],
    'clones are taken away again',
  );
});

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const files: Readonly<Record<string, string>> = {
  'base/kustomization.yaml': 'resources: [pod.yaml]',
  'base/pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: remote}\n',
  'over/kustomization.yaml': 'resources: [../base]\nnamePrefix: x-',
  'component/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-',
  'patch.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: remote, labels: {a: b}}\n',
};

test('directories of kustomizations are accepted where files are', async () => {
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

test('features of the separate program "kustomize" are named in the error', async () => {
  using both = bothKubectls({ KUBECONFIG: '/dev/null', PATH: '/nowhere' });
  const left = async (...args: string[]): Promise<string> => {
    const { err, code } = await both.ours('kustomize', ...args);
    assert.equal(code, 1);
    return err;
  };
  assert.match(
    await left('--enable-helm', join(folder, 'bad-helm')),
    /field "helmCharts" of a kustomization is left to the program "kustomize", which is not on the PATH: install it/,
  );
  assert.match(
    await left('--enable-alpha-plugins', join(folder, 'bad-function')),
    /"Fn" of a kustomization is left to the program "kustomize"/,
  );
});
