import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { load } from 'js-yaml';
import { startControlPlane } from 'typernetes';
import { startConnectProxy } from './egress-proxies.ts';
import { type BothKubectls, bothKubectls } from './kubectl-beside-upstream.ts';

interface Kubeconfig {
  readonly clusters: [{ readonly cluster: Record<string, string> }];
}

/** Runs both with a kubeconfig that has this cluster entry. */
async function withCluster(
  kubeconfig: Kubeconfig,
  cluster: Record<string, string>,
  use: (both: BothKubectls) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-by-proxy-'));
  const [first] = kubeconfig.clusters;
  const clusters = [{ ...first, cluster: { ...first.cluster, ...cluster } }];
  writeFileSync(join(folder, 'config'), JSON.stringify({ ...kubeconfig, clusters }));
  try {
    using both = bothKubectls({ KUBECONFIG: join(folder, 'config') });
    await use(both);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a server that only a proxy knows is reached with CONNECT, also over TLS, and verified by its address', async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  const kubeconfig = load(plane.kubeconfig) as Kubeconfig;
  const planeCa = Buffer.from(kubeconfig.clusters[0].cluster['certificate-authority-data'] ?? '', 'base64').toString();
  const now = systemClock.now();
  const validity = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
  const authority = await createAuthority({ commonName: 'proxies', ...validity });
  const leaf = await createLeaf(authority, {
    commonName: 'proxy',
    ...validity,
    // The proxy is verified like the server.
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth'],
  });
  const routes = (place: string): number | undefined =>
    place === 'api.cluster.invalid:6443' ? Number(new URL(plane.url).port) : undefined;
  const plain = await startConnectProxy(routes);
  const tls = await startConnectProxy(routes, {
    tls: { cert: leaf.certificate, key: leaf.privateKey, ca: planeCa },
  });
  const hidden = { server: 'https://api.cluster.invalid:6443', 'tls-server-name': '127.0.0.1' };
  const bothAuthorities = Buffer.from(planeCa + authority.certificate).toString('base64');
  const overTls = { ...hidden, 'proxy-url': `https://127.0.0.1:${tls.port}` };
  try {
    for (const cluster of [
      { ...hidden, 'proxy-url': `http://127.0.0.1:${plain.port}` },
      { ...overTls, 'certificate-authority-data': bothAuthorities },
    ])
      await withCluster(kubeconfig, cluster, async ({ ours, upstream }) => {
        for (const kubectl of [ours, upstream]) {
          const got = await kubectl('get', 'ns', 'default', '-o', 'name');
          assert.equal(got.out, 'namespace/default\n', got.err);
        }
      });
    for (const cluster of [
      overTls,
      { ...hidden, 'proxy-url': `http://127.0.0.1:${plain.port}`, 'tls-server-name': '127.0.0.2' },
    ])
      await withCluster(kubeconfig, cluster, async ({ ours, upstream }) => {
        const [a, b] = [await ours('get', 'ns', 'default'), await upstream('get', 'ns', 'default')];
        assert.deepEqual([a.code, a.err.split('\n').at(-2)], [b.code, b.err.split('\n').at(-2)]);
      });
  } finally {
    await plain.close();
    await tls.close();
  }
});
