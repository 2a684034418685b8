/**
 * A cluster of several control planes from an older build is upgraded to this one while its pods run and a client
 * writes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '@typernetes/base';
import { kubeconfigFile } from '@typernetes/machine';
import { eventually } from '../eventually.ts';
import type { Shell, Walkthrough } from '../walkthrough/walkthrough.ts';
import { containersOfPods, installProgram, loadImages, olderRelease, olderVersion } from './newer-build.ts';
import { startWriter } from './writer.ts';

export interface OlderCluster {
  readonly name: string;
  readonly controlPlanes: readonly [first: string, ...others: string[]];
  readonly workers: readonly string[];
  /** Called when the tests run. */
  readonly walkthrough: () => Walkthrough;
  readonly host: () => Shell;
}

/** The tests, for a cluster in which pods run. */
export function testUpgrade({ name, controlPlanes, workers, ...given }: OlderCluster): void {
  const [first, ...others] = controlPlanes;
  const machines = [...controlPlanes, ...workers];
  const on = (machine: string): Shell => given.walkthrough().inMachine(machine);
  const run = (script: string): Promise<string> => on(first).run(script);
  /** The images of the control plane's containers, according to its pods. */
  const images = async (): Promise<readonly string[]> => {
    const path = "'{.items[*].spec.containers[*].image}'";
    const text = await given.host().run(`kubectl -n kube-system get pods -l tier=control-plane -o jsonpath=${path}`);
    return text.split(' ');
  };
  let containers: string;

  test('of an older build match the plan, and cannot be upgraded without the images', async () => {
    containers = await containersOfPods(given.host());
    for (const machine of machines) {
      for (const program of ['kubeadm', 'kubelet']) await installProgram(given.walkthrough(), machine, program);
    }
    const plan = await run('kubeadm upgrade plan');
    assert.match(plan, new RegExp(`Cluster version: ${RegExp.escape(olderVersion)}\n`));
    const row = (component: string): RegExp =>
      new RegExp(`^${component} +(h-\\S+)? +${RegExp.escape(olderVersion)} +${RegExp.escape(version)}$`, 'm');
    for (const component of ['kubelet', 'kube-apiserver', 'kube-scheduler', 'kube-proxy', 'CoreDNS']) {
      assert.match(plan, row(component), component);
    }
    const refused = await on(first).attempt(`kubeadm upgrade apply ${version} --yes`);
    assert.equal(refused.exitCode, 1, refused.stderr);
    assert.match(refused.stderr, /\[ERROR ImagePull\]: .*Load the bundle of images of this release/);
    const saved = await loadImages(given.walkthrough(), machines);
    assert.match(saved, /kube-apiserver:v[\s\S]*Images saved to /);
  });

  test('keep the old build when a component of the new one does not come up', async () => {
    given.walkthrough().write(first, '/root/broken/kube-scheduler+json.yaml', broken);
    given.walkthrough().write(first, '/root/upgrade.yaml', impatient);
    const failed = await on(first).attempt('kubeadm upgrade apply --config upgrade.yaml');
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /kubeadm has tried to recover everything into the earlier state/);
    assert.match(failed.stderr, /The last words of kube-scheduler:\n[\s\S]*unknown flag: --nonsense/);
    const manifests = await run('cat /etc/kubernetes/manifests/kube-*.yaml');
    assert.equal(manifests.match(new RegExp(`image: .*${olderRelease}\n`, 'g'))?.length, 3, manifests);
    await eventually(async () =>
      assert.match(await given.host().run('kubectl version'), new RegExp(RegExp.escape(olderVersion))),
    );
    assert.equal(await containersOfPods(given.host()), containers);
  });

  test('are upgraded one after the other, with the API available and pods untouched', async (t) => {
    const diff = await run('kubeadm upgrade diff');
    assert.match(diff, new RegExp(`^\\+ +image: .*kube-apiserver:${version.replace('+', '-')}$`, 'm'));
    const dry = await run(`kubeadm upgrade apply ${version} --dry-run`);
    assert.match(dry, /\[dryrun\] Finished dryrunning successfully!/);
    assert.equal(await run('kubeadm upgrade diff'), diff, 'a dry run leaves the manifests alone');

    const writer = startWriter(kubeconfigFile({ installation: given.walkthrough() }, name), 'meanwhile');
    t.after(() => writer.stop());
    const start = performance.now();
    const applied = await run(`echo y | kubeadm upgrade apply ${version}`);
    assert.match(applied, /SUCCESS! A control plane node of your cluster was upgraded to/);
    const counts = [0, writer.acknowledged.length];
    for (const machine of others) {
      assert.match(await on(machine).run('kubeadm upgrade node'), /successfully upgraded!/);
      counts.push(writer.acknowledged.length);
    }
    t.diagnostic(`the upgrade of the control planes took ${Math.round(performance.now() - start)} ms`);
    t.diagnostic(`longest time without an acknowledged write: ${Math.round(await writer.end())} ms`);
    assert.ok(
      counts.every((count, i) => i === 0 || count > (counts[i - 1] as number)),
      `writes acknowledged: ${counts}`,
    );
    const workersUpgraded = await Promise.all(workers.map((machine) => on(machine).run('kubeadm upgrade node')));
    for (const output of workersUpgraded) assert.match(output, /successfully upgraded!/);
    await Promise.all(machines.map((machine) => on(machine).run('/etc/init.d/kubelet restart')));
    await eventually(async () => {
      const nodes = await given.host().run('kubectl get nodes --no-headers');
      assert.equal(nodes.split(version).length - 1, machines.length, nodes);
      assert.equal(nodes.match(/ Ready /g)?.length, machines.length, nodes);
    });
    assert.match(await given.host().run('kubectl version'), new RegExp(`Server Version: ${RegExp.escape(version)}`));
    for (const workloadOf of ['deployment/coredns', 'daemonset/kube-proxy']) {
      await given.host().run(`kubectl -n kube-system rollout status ${workloadOf} --timeout=180s`);
    }
    await eventually(async () => {
      const all = await images();
      assert.equal(all.length, 4 * controlPlanes.length, all.join(' '));
      for (const image of all) assert.ok(image.endsWith(`:${version.replace('+', '-')}`), image);
    });
    assert.equal(await containersOfPods(given.host()), containers);
    assert.match(await run('kubeadm upgrade plan'), /Awesome, you're up-to-date! Enjoy!/);
    const backups = await run('ls /etc/kubernetes/tmp');
    assert.match(backups, /kubeadm-backup-etcd-[\s\S]*kubeadm-backup-manifests-[\s\S]*kubeadm-kubelet-config-/);
  });

  test('refuse a downgrade', async () => {
    const down = await on(first).attempt(`old-kubeadm upgrade apply ${olderVersion} --yes --force`);
    assert.equal(down.exitCode, 1);
    assert.match(down.stderr, /downgrades are not supported/);
    assert.match((await on(first).attempt('old-kubeadm upgrade node')).stderr, /is higher than the kubeadm version/);
  });
}

const broken = `- {op: add, path: /spec/containers/0/command/-, value: --nonsense=1}\n`;

const impatient = `
apiVersion: kubeadm.k8s.io/v1beta4
kind: UpgradeConfiguration
timeouts: {upgradeManifests: 60s}
apply: {kubernetesVersion: ${version}, forceUpgrade: true, patches: {directory: /root/broken}}
`;
