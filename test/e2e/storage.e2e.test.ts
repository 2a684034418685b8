import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import { version } from '@typernetes/base';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { commandLineFor } from './command-line.ts';
import { containersOfPods, installProgram, loadImages, olderRelease, olderVersion } from './newer-build.ts';

const cluster = 'storage';
const machine = `${cluster}-control-plane`;
const root = join(import.meta.dirname, '../..');
const volumesOnNode = '/var/lib/typernetes/local-storage';

const tagOf = (release: string): string => release.replace('+', '-');

interface StatsVolume {
  readonly name: string;
  readonly capacityBytes?: number;
  readonly usedBytes?: number;
  readonly pvcRef?: { readonly name: string; readonly namespace: string };
}

describe('volumes of the local-storage driver', () => {
  let all: Walkthrough;
  let host: Shell;
  let node: Shell;

  before(async () => {
    all = await openWalkthrough();
    await commandLineFor(all.home, { version: olderRelease }).run('cluster', 'create', cluster, '--workers', '0');
    host = all.onHost(cluster, { kubectl: 'upstream' });
    node = all.inMachine(machine);
    await host.run('kubectl taint nodes --all node-role.kubernetes.io/control-plane-');
    for (const file of [join(root, 'addons/local-storage.yaml'), join(import.meta.dirname, 'storage.yaml')]) {
      const manifest = readFileSync(file, 'utf8').replaceAll(tagOf(version), tagOf(olderVersion));
      await host.run('kubectl apply -f -', { input: manifest });
    }
  });
  after(() => all.close());

  const read = async <T>(what: string): Promise<T> => JSON.parse(await host.run(`kubectl get ${what} -o json`)) as T;
  const ready = (pod: string): Promise<string> =>
    host.run(
      `kubectl wait --for=create --timeout=180s pod/${pod} && kubectl wait --for=condition=Ready --timeout=180s pod/${pod}`,
    );
  const inDb = (script: string): Promise<string> => host.run(`kubectl exec db-0 -- sh -c '${script}'`);
  const mounts = (): Promise<string> => node.run('cut -d" " -f2 /proc/self/mounts | grep kubernetes.io/csi || true');
  const summary = async (pod: string): Promise<readonly StatsVolume[]> => {
    const text = await host.run(`kubectl get --raw /api/v1/nodes/${machine}/proxy/stats/summary`);
    const { pods } = JSON.parse(text) as { pods: { podRef: { name: string }; volume?: StatsVolume[] }[] };
    return pods.find(({ podRef }) => podRef.name === pod)?.volume ?? [];
  };

  test('are provisioned when a pod needs them, on its node, and belong to its group', async () => {
    await ready('db-0');
    const { spec } = await read<PersistentVolumeClaim>('pvc data-db-0');
    const volume = await read<PersistentVolume>(`pv ${spec?.volumeName}`);
    assert.equal(volume.spec?.csi?.driver, 'local-storage.typernetes.io');
    assert.equal(volume.spec?.capacity?.storage, '16Mi');
    assert.deepEqual(volume.spec?.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values, [
      machine,
    ]);
    assert.match(await inDb('stat -c "%g %a" /data; wc -l < /data/starts'), /^2000 2777\n1\n$/);
    assert.equal((await read<PersistentVolumeClaim>('pvc idle')).status?.phase, 'Pending');
    assert.match(await host.run('kubectl describe pvc idle'), /WaitForFirstConsumer/);
    assert.match(await mounts(), /globalmount$/m, 'it is staged');
  });

  test("keep the data of a StatefulSet's pod over its deletion", async () => {
    const { uid } = (await read<Pod>('pod db-0')).metadata;
    await host.run('kubectl delete pod db-0 --timeout=180s');
    await eventually(async () => assert.notEqual((await read<Pod>('pod db-0')).metadata.uid, uid));
    await ready('db-0');
    await eventually(async () => assert.equal(await inDb('wc -l < /data/starts'), '2\n'));
    await eventually(async () =>
      assert.equal(await node.run(`ls -d /var/lib/kubelet/pods/${uid} 2>/dev/null || true`), ''),
    );
  });

  test('grow with their claims, under the running pod', async () => {
    await host.run(`kubectl patch pvc data-db-0 -p '{"spec":{"resources":{"requests":{"storage":"32Mi"}}}}'`);
    await eventually(async () =>
      assert.match(await host.run('kubectl get events'), /FileSystemResizeRequired +persistentvolumeclaim\/data-db-0/),
    );
    let looks = 0;
    await eventually(async () => {
      // The kubelet looks at volumes once a minute or when the pod changes; its last look may have come just before the
      // claim's new status.
      await host.run(`kubectl annotate pod db-0 --overwrite look=${looks++}`);
      const { status } = await read<PersistentVolumeClaim>('pvc data-db-0');
      assert.equal(status?.capacity?.storage, '32Mi');
      assert.deepEqual(status?.conditions ?? [], []);
    });
    const { spec } = await read<PersistentVolumeClaim>('pvc data-db-0');
    assert.equal((await read<PersistentVolume>(`pv ${spec?.volumeName}`)).spec?.capacity?.storage, '32Mi');
    await eventually(async () =>
      assert.match(
        await host.run('kubectl describe pvc data-db-0'),
        /FileSystemResizeSuccessful +.*MountVolume.NodeExpandVolume succeeded for volume "pvc-/,
      ),
    );
    assert.equal((await read<Pod>('pod db-0')).status?.containerStatuses?.[0]?.restartCount, 0);
    const smaller = await host.attempt(
      `kubectl patch pvc data-db-0 -p '{"spec":{"resources":{"requests":{"storage":"1Mi"}}}}'`,
    );
    assert.match(smaller.stderr, /field can not be less than status.capacity/);
  });

  test('have usage statistics', async () => {
    await inDb('dd if=/dev/zero of=/data/block bs=1024 count=2048 2>/dev/null');
    const [data] = (await summary('db-0')).filter(({ name }) => name === 'data');
    assert.deepEqual(data?.pvcRef, { name: 'data-db-0', namespace: 'default' });
    assert.ok((data?.usedBytes ?? 0) >= 2 * 2 ** 20, JSON.stringify(data));
    const metrics = await host.run(`kubectl get --raw /api/v1/nodes/${machine}/proxy/metrics`);
    assert.match(
      metrics,
      /^kubelet_volume_stats_used_bytes\{namespace="default",persistentvolumeclaim="data-db-0"\} \d+$/m,
    );
  });

  test('stay with their pods when a cluster from an older build is upgraded to this one', async () => {
    const containers = await containersOfPods(host);
    for (const program of ['kubeadm', 'kubelet']) await installProgram(all, machine, program);
    await loadImages(all, [machine]);
    assert.match(await node.run(`kubeadm upgrade apply ${version} --yes`), /SUCCESS! A control plane node/);
    await node.run('/etc/init.d/kubelet restart');
    await eventually(async () => {
      const { status } = await read<Node>(`node ${machine}`);
      assert.equal(status?.nodeInfo?.kubeletVersion, version);
      assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    });
    assert.match(await host.run('kubectl version'), new RegExp(`Server Version: ${RegExp.escape(version)}`));
    assert.equal(await containersOfPods(host), containers);
    assert.equal(await inDb('wc -l < /data/starts'), '2\n');
    const backups = await node.run('ls /etc/kubernetes/tmp');
    assert.match(backups, /kubeadm-backup-manifests-[\s\S]*kubeadm-backup-store-[\s\S]*kubeadm-kubelet-config-/);
  });

  test('live and die with a pod that requests them inline', async () => {
    await ready('inline');
    assert.equal(await node.run(`cat ${volumesOnNode}/csi-*/file`), 'mine\n');
    await host.run('kubectl delete pod inline --timeout=180s');
    await eventually(async () => assert.equal(await node.run(`ls -d ${volumesOnNode}/csi-* 2>/dev/null || true`), ''));
  });

  test('survive the death of kubelet and driver, whose successors take them over', async () => {
    await node.run(
      `kill -9 $(pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet ') $(pgrep -f 'bin/local-storag[e]')`,
    );
    const { uid } = (await read<Pod>('pod db-0')).metadata;
    await host.run('kubectl scale statefulset db --replicas 0');
    await host.run('kubectl wait --for=delete --timeout=180s pod/db-0');
    await eventually(async () => {
      assert.equal(await mounts(), '');
      assert.equal(await node.run(`ls -d /var/lib/kubelet/pods/${uid} 2>/dev/null || true`), '');
    });
    assert.match(await node.run(`cat ${volumesOnNode}/pvc-*/starts | wc -l`), /^2\n$/, 'the claim keeps it');
  });

  test('are deleted or retained with their claims, as their class says', async () => {
    const { spec } = await read<PersistentVolumeClaim>('pvc data-db-0');
    await host.run('kubectl delete pvc data-db-0 idle --timeout=180s');
    await host.run(`kubectl wait --for=delete --timeout=180s pv/${spec?.volumeName}`);
    await eventually(async () => assert.equal(await node.run(`ls ${volumesOnNode}`), ''));
  });
});
