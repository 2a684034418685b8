import assert from 'node:assert/strict';
import { version } from '@typernetes/base';
import type { CommandResult, HttpAnswer } from '../host.ts';
import { FakeCluster } from './fake-cluster.ts';
import { FakeHost } from './fake-host.ts';
import { fakeKubelet } from './fake-kubelet.ts';
import { type Ran, runOn } from './run.ts';

const manifests = '/etc/kubernetes/manifests';
/** The release that created it. */
export const old = 'v1.36.1+typernetes.0.0.9';

/** A cluster created by an older build. */
export async function olderCluster(
  options: {
    flags?: string[];
    refuse?: (text: string) => boolean;
    get?: (url: string) => HttpAnswer;
    commands?: Record<string, Partial<CommandResult>>;
  } = {},
): Promise<{
  host: FakeHost;
  cluster: FakeCluster;
  run: (...args: string[]) => Promise<Ran>;
}> {
  const ready = { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: old } };
  const cluster = new FakeCluster({
    '/version': { gitVersion: old },
    '/typernetes/store/snapshot': { snapshot: true },
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': {
      metadata: { name: 'master', resourceVersion: '1', labels: { 'node-role.kubernetes.io/control-plane': '' } },
      spec: {},
      status: ready,
    },
  });
  const host = new FakeHost({
    onWrite: fakeKubelet(cluster, { node: 'master', ...options }),
    ...(options.get ? { get: options.get } : {}),
    ...(options.commands ? { commands: options.commands } : {}),
  });
  const made = await runOn(host, cluster, ['init', ...(options.flags ?? [])]);
  assert.equal(made.code, 0, made.err);
  const aged = (text: string): string => text.replaceAll(version.replace('+', '-'), old.replace('+', '-'));
  for (const name of await host.files.list(manifests)) {
    const path = `${manifests}/${name}`;
    await host.files.write(path, aged(host.texts.get(path) ?? ''));
  }
  for (const [path, object] of cluster.objects) {
    if (/(deployments|daemonsets)\//.test(path)) cluster.objects.set(path, JSON.parse(aged(JSON.stringify(object))));
  }
  host.ran.length = 0;
  return { host, cluster, run: (...args) => runOn(host, cluster, args) };
}
