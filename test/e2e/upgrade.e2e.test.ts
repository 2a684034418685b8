/** A cluster that an older build made, upgraded to this one while its pods run. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { version } from '@typernetes/base';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { commandLineFor } from './command-line.ts';
import { hostNetwork, noTraces, tracesOf } from './host-traces.ts';
import { installProgram, loadImages, olderRelease, olderVersion } from './newer-build.ts';

const [control, worker] = ['u-control-plane', 'u-worker'] as const;
const [older, oldVersion] = [olderRelease, olderVersion];

const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: on-control-plane}
spec: {nodeName: ${control}, containers: [{name: busybox, image: busybox, command: [sleep, "36000"]}]}
`;

describe('a cluster of an older build', () => {
  const networkBefore = hostNetwork();
  let walkthrough: Walkthrough;
  let host: Shell;
  let machine: Shell;
  let containers: string;

  before(async () => {
    walkthrough = await openWalkthrough();
    await commandLineFor(walkthrough.home, { version: older }).run('cluster', 'create', 'u', '--workers', '1');
    host = walkthrough.onHost('u', { kubectl: 'upstream' });
    machine = walkthrough.inMachine(control);
    await host.run('kubectl apply -f -', { input: workload });
    await host.run('kubectl rollout status deployment/web --timeout=180s');
    await host.run('kubectl wait --for=condition=Ready pods --all --timeout=180s');
    containers = await containersOfPods();
    for (const name of [control, worker]) {
      for (const program of ['kubeadm', 'kubelet']) await installProgram(walkthrough, name, program);
    }
  });
  after(() => walkthrough?.close());

  /** Ids and restarts: any change means that somebody's container was touched. */
  const containersOfPods = (): Promise<string> =>
    host.run(
      'kubectl get pods --sort-by=.metadata.name -o jsonpath=\'{range .items[*]}{.metadata.name} {.status.containerStatuses[*].containerID} {.status.containerStatuses[*].restartCount}{"\\n"}{end}\'',
    );

  test('is what the plan says, and cannot be upgraded without the images', async () => {
    const plan = await machine.run('kubeadm upgrade plan');
    assert.match(plan, new RegExp(`Cluster version: ${RegExp.escape(oldVersion)}\n`));
    const row = (component: string): RegExp =>
      new RegExp(`^${component} +(u-\\S+)? +${RegExp.escape(oldVersion)} +${RegExp.escape(version)}$`, 'm');
    for (const component of ['kubelet', 'kube-apiserver', 'kube-scheduler', 'kube-proxy', 'CoreDNS']) {
      assert.match(plan, row(component), component);
    }
    const refused = await machine.attempt(`kubeadm upgrade apply ${version} --yes`);
    assert.equal(refused.exitCode, 1, refused.stderr);
    assert.match(refused.stderr, /\[ERROR ImagePull\]: .*Load the bundle of images of this release/);
    const saved = await loadImages(walkthrough, [control, worker]);
    assert.match(saved, /kube-apiserver:v[\s\S]*Images saved to /);
  });

  test('stays as it is when a component of the new build does not come up', async () => {
    walkthrough.write(control, '/root/broken/kube-scheduler+json.yaml', broken);
    walkthrough.write(control, '/root/upgrade.yaml', impatient);
    const failed = await machine.attempt('kubeadm upgrade apply --config upgrade.yaml');
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /kubeadm has tried to recover everything into the earlier state/);
    assert.match(failed.stderr, /The last words of kube-scheduler:\n[\s\S]*unknown flag: --nonsense/);
    assert.match(await machine.run('cat /etc/kubernetes/manifests/*.yaml'), new RegExp(`image: .*${older}\n`));
    await eventually(async () =>
      assert.match(await host.run('kubectl version'), new RegExp(RegExp.escape(oldVersion))),
    );
    assert.equal(await containersOfPods(), containers);
  });

  test('becomes one of this build, machine by machine, with its pods untouched', async (t) => {
    const diff = await machine.run('kubeadm upgrade diff');
    assert.match(diff, new RegExp(`^\\+ +image: .*kube-apiserver:${version.replace('+', '-')}$`, 'm'));
    const dry = await machine.run(`kubeadm upgrade apply ${version} --dry-run`);
    assert.match(dry, /\[dryrun\] Finished dryrunning successfully!/);
    assert.equal(await machine.run('kubeadm upgrade diff'), diff, 'a dry run leaves the manifests alone');
    const start = performance.now();
    const applied = await machine.run(`echo y | kubeadm upgrade apply ${version}`);
    t.diagnostic(`upgrade apply took ${Math.round(performance.now() - start)} ms`);
    assert.match(applied, /SUCCESS! A control plane node of your cluster was upgraded to/);
    assert.match(await walkthrough.inMachine(worker).run('kubeadm upgrade node'), /successfully upgraded!/);
    for (const name of [control, worker]) await walkthrough.inMachine(name).run('/etc/init.d/kubelet restart');
    await eventually(async () => {
      const nodes = await host.run('kubectl get nodes --no-headers');
      assert.equal(nodes.split(version).length - 1, 2, nodes);
      assert.equal(nodes.match(/ Ready /g)?.length, 2, nodes);
    });
    assert.match(await host.run('kubectl version'), new RegExp(`Server Version: ${RegExp.escape(version)}`));
    for (const workloadOf of ['deployment/coredns', 'daemonset/kube-proxy']) {
      await host.run(`kubectl -n kube-system rollout status ${workloadOf} --timeout=180s`);
    }
    assert.equal(await containersOfPods(), containers);
    assert.match(await machine.run('kubeadm upgrade plan'), /Awesome, you're up-to-date! Enjoy!/);
    const backups = await machine.run('ls /etc/kubernetes/tmp');
    assert.match(backups, /kubeadm-backup-manifests-[\s\S]*kubeadm-backup-store-[\s\S]*kubeadm-kubelet-config-/);
  });

  test('does not go back', async () => {
    const down = await machine.attempt(`old-kubeadm upgrade apply ${oldVersion} --yes --force`);
    assert.equal(down.exitCode, 1);
    assert.match(down.stderr, /downgrades are not supported/);
    assert.match((await machine.attempt('old-kubeadm upgrade node')).stderr, /is higher than the kubeadm version/);
    await walkthrough.typernetes.run('cluster', 'delete', 'u');
    await eventually(() => assert.deepEqual(tracesOf(walkthrough.home), noTraces));
    assert.equal(hostNetwork(), networkBefore);
  });
});

const broken = `- {op: add, path: /spec/containers/0/command/-, value: --nonsense=1}\n`;

const impatient = `
apiVersion: kubeadm.k8s.io/v1beta4
kind: UpgradeConfiguration
timeouts: {upgradeManifests: 20s}
apply: {kubernetesVersion: ${version}, forceUpgrade: true, patches: {directory: /root/broken}}
`;
