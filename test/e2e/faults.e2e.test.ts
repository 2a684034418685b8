/** Parts of a cluster are killed, cut off or full: on a control plane and a worker whose kubelet has a small disk. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Event, Node, Pod } from '@typernetes/api/core/v1';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';

const main = 'f-control-plane';
const worker = 'small';
const kubelet = `pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet '`;
const manifests = '/etc/kubernetes/manifests';

/** Puts the kubelet's directory on a small disk. */
const smallDisk = 'mkdir -p /var/lib/kubelet && mount -t tmpfs -o size=64m tmpfs /var/lib/kubelet';

/** Leases and pressure conditions that change within seconds. */
const quickKubelet = `
mkdir -p /etc/kubelet.d
cat > /etc/kubelet.d/10.conf <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
nodeLeaseDurationSeconds: 8
evictionPressureTransitionPeriod: 1s
shutdownGracePeriod: 6s
shutdownGracePeriodCriticalPods: 1s
END
echo KUBELET_EXTRA_ARGS=--config-dir=/etc/kubelet.d > /etc/default/kubelet`;

/** The network that containerd leaves behind when killed between creating it and recording its sandbox. */
const networkLeftBehind = `
ip netns add cni-00000000-0000-4000-8000-000000000000
/usr/local/lib/typernetes/node - <<'END'
const { execFileSync } = require('node:child_process');
const { readdirSync, readFileSync } = require('node:fs');
const folder = '/etc/cni/net.d';
const { cniVersion, name, plugins } = JSON.parse(readFileSync(folder + '/' + readdirSync(folder)[0]));
const runtimeConfig = { portMappings: [{ hostPort: 18099, containerPort: 80, protocol: 'tcp' }] };
const namespace = '/run/netns/cni-00000000-0000-4000-8000-000000000000';
const about = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'leftbehind', CNI_NETNS: namespace, CNI_IFNAME: 'eth0', CNI_PATH: '/usr/lib/cni' };
let prevResult;
for (const plugin of plugins) {
  const input = JSON.stringify({ ...plugin, cniVersion, name, prevResult, runtimeConfig });
  prevResult = JSON.parse(execFileSync('/usr/lib/cni/' + plugin.type, { input, env: { ...process.env, ...about } }));
}
END`;

/** Prints what is left of it: its namespace, its address, the rules of its port. */
const tracesLeftBehind = `
ls /run/netns | grep cni-00000000 || true
grep -rl leftbehind /var/lib/cni/networks || true
iptables-save | grep -e 18099 -e leftbehind || true`;

/** A pod that runs once and records that it did. */
function oneShot(name: string, script: string): string {
  const command = JSON.stringify(['sh', '-c', `echo ${name} >> /starts/log; ${script}`]);
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {suite: faults}}
spec:
  nodeName: ${worker}
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers: [{name: main, image: busybox, command: ${command}, volumeMounts: [{name: starts, mountPath: /starts}]}]
  volumes: [{name: starts, hostPath: {path: /var/faults, type: DirectoryOrCreate}}]
`;
}

describe('faults', () => {
  let all: Walkthrough;
  let host: Shell;
  let node: Shell;
  let control: Shell;

  before(async () => {
    all = await openWalkthrough();
    await Promise.all([
      all.typernetes.run('cluster', 'create', 'f', '--workers', '0'),
      all.typernetes.run('machine', 'create', worker),
    ]);
    host = all.onHost('f', { kubectl: 'upstream' });
    node = all.inMachine(worker);
    control = all.inMachine(main);
    await node.run(smallDisk + quickKubelet);
    await control.run(`${quickKubelet}\n/etc/init.d/kubelet restart`);
    const admin = 'export KUBECONFIG=/etc/kubernetes/admin.conf';
    await node.run(await control.run(`${admin}; kubeadm token create --print-join-command`));
    // A node is considered lost after 10 seconds instead of 50.
    await control.run(
      `sed -i 's/^\\( *\\)- kube-controller-manager$/&\\n\\1- --node-monitor-grace-period=10s\\n\\1- --node-monitor-period=1s/' ${manifests}/kube-controller-manager.yaml`,
    );
    await host.run(`kubectl taint node ${main} node-role.kubernetes.io/control-plane-`);
    await host.run(`kubectl wait --for=condition=Ready --timeout=180s node/${worker}`);
    await apply(readFileSync(join(import.meta.dirname, 'faults.yaml'), 'utf8'));
    await host.run('kubectl wait --for=condition=Ready --timeout=180s pod/steady');
    await host.run('kubectl rollout status --timeout=180s statefulset/one');
    await host.run('kubectl rollout status --timeout=180s deployment/many');
  });
  after(() => all.close());

  const apply = (manifest: string): Promise<string> => host.run('kubectl apply -f -', { input: manifest });
  const podNamed = async (name: string): Promise<Pod> => JSON.parse(await host.run(`kubectl get pod ${name} -o json`));
  const nodeNow = async (): Promise<Node> => JSON.parse(await host.run(`kubectl get node ${worker} -o json`));
  const podsOf = async (app: string): Promise<readonly Pod[]> =>
    (JSON.parse(await host.run(`kubectl get pods -l app=${app} -o json`)) as { items: Pod[] }).items;
  const starts = async (): Promise<readonly string[]> =>
    (await node.run('cat /var/faults/log')).trim().split('\n').sort();
  const ended = (name: string, exitCode: number): Promise<void> =>
    eventually(async () => {
      const { status } = await podNamed(name);
      assert.equal(status?.phase, exitCode === 0 ? 'Succeeded' : 'Failed');
      const [main] = status?.containerStatuses ?? [];
      assert.deepEqual([main?.state?.terminated?.exitCode, main?.restartCount], [exitCode, 0]);
    });
  /** The identity of the container that must survive everything here. */
  const steady = async (): Promise<string> => {
    const [main] = (await podNamed('steady')).status?.containerStatuses ?? [];
    return `${main?.containerID} ${main?.restartCount} ${main?.ready}`;
  };
  /** Asserts that the log of the steady pod continues without missing or duplicate lines. */
  const steadyLogGoesOn = async (): Promise<void> => {
    const lines = async (): Promise<readonly string[]> => (await host.run('kubectl logs steady')).trim().split('\n');
    const { length } = await lines();
    await eventually(async () => assert.ok((await lines()).length > length));
    const seen = await lines();
    assert.deepEqual(
      seen,
      seen.map((_, at) => `line ${at}`),
    );
  };
  const killKubelet = async (): Promise<void> => {
    const pid = (await node.run(`${kubelet} || true`)).trim();
    if (pid !== '') await node.run(`kill -9 ${pid}`);
  };
  const killContainerd = (): Promise<string> => node.run('kill -9 $(pgrep -x containerd)');

  test('a kubelet killed while pods start, run and end starts none twice and loses no exit code', async () => {
    const before = await steady();
    const names: string[] = [];
    // Covers the time from before the sandbox is created to after the container has ended.
    for (const delayMs of [0, 200, 500]) {
      const name = `killed-${delayMs}`;
      names.push(name);
      await apply(oneShot(name, 'sleep 0.3; echo done; exit 7'));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await killKubelet();
      await eventually(async () => assert.notEqual(await node.run(kubelet), ''));
    }
    // As upstream: a container that was created but not started is created again. If its start was under way, the
    // runtime notices the kubelet's end, gives up, and the container has failed to start. None runs twice, and all that
    // ran have their exit code.
    const begun: string[] = [];
    for (const name of names) {
      const terminated = await eventually(async () => {
        const { status } = await podNamed(name);
        assert.equal(status?.phase, 'Failed');
        return status.containerStatuses?.[0]?.state?.terminated;
      });
      if (terminated?.reason === 'StartError') assert.equal(terminated.exitCode, 128);
      else {
        assert.equal(terminated?.exitCode, 7);
        // The last kubelet may have reported the end before it serves logs.
        await eventually(async () => assert.equal(await host.run(`kubectl logs ${name}`), 'done\n'));
        begun.push(name);
      }
    }
    const started = await starts();
    assert.equal(new Set(started).size, started.length, `started: ${started}`);
    assert.ok(begun.length > 0 && begun.every((name) => started.includes(name)), `started: ${started}`);
    assert.equal(await steady(), before);
    await steadyLogGoesOn();
    await host.run(`kubectl delete pod ${names.join(' ')} --timeout=180s`);
  });

  test('a container runtime killed, alone and with the kubelet, keeps containers running and their exit codes, and leaves no network behind', async () => {
    const before = await steady();
    await node.run(networkLeftBehind);
    assert.ok((await node.run(tracesLeftBehind)).split('\n').length > 4);
    for (const [name, kill] of [
      ['runtime', killContainerd],
      ['both', async () => Promise.all([killContainerd(), killKubelet()])],
    ] as const) {
      await apply(oneShot(name, 'echo begun; while [ ! -e /starts/go ]; do sleep 0.05; done; exit 9'));
      await host.run(`kubectl wait --for=condition=Ready --timeout=180s pod/${name}`);
      await host.run(`kubectl logs ${name} | grep begun`);
      await kill();
      await node.run('touch /var/faults/go');
      await ended(name, 9);
      assert.equal(await host.run(`kubectl logs ${name}`), 'begun\n');
      await node.run('rm /var/faults/go');
      assert.equal((await starts()).filter((start) => start === name).length, 1);
    }
    await eventually(async () => assert.equal(await node.run(tracesLeftBehind), ''));
    const { status } = await podNamed('steady');
    const addresses = 'for name in $(ls /run/netns); do ip netns exec $name ip -brief -4 address show dev eth0; done';
    assert.match(await node.run(addresses), new RegExp(` ${status?.podIP}/`), 'whoever runs keeps its network');
    assert.equal(await steady(), before);
    await steadyLogGoesOn();
  });

  test('a pull is retried until the registry answers', async () => {
    const rule = 'OUTPUT -p tcp --dport 5000 -j REJECT --reject-with tcp-reset';
    await node.run(`iptables -I ${rule}`);
    await apply(oneShot('pulling', 'exit 0').replace('image: busybox', 'image: nginx, imagePullPolicy: Always'));
    await eventually(async () => {
      const [main] = (await podNamed('pulling')).status?.containerStatuses ?? [];
      assert.equal(main?.state?.waiting?.reason, 'ImagePullBackOff');
      assert.match(main?.state?.waiting?.message ?? '', /connection refused/);
    });
    await node.run(`iptables -D ${rule}`);
    await ended('pulling', 0);
  });

  test('while the API server is down everything keeps running, and it learns what happened afterwards', async () => {
    const before = await steady();
    await apply(oneShot('meanwhile', 'while [ ! -e /starts/go ]; do sleep 0.05; done; touch /starts/over; exit 3'));
    await host.run('kubectl wait --for=condition=Ready --timeout=180s pod/meanwhile');
    await control.run(`mv ${manifests}/kube-apiserver.yaml /root/`);
    await eventually(async () => assert.notEqual((await host.attempt('kubectl get --raw /livez')).exitCode, 0));
    await node.run('touch /var/faults/go');
    await eventually(() => node.run('test -e /var/faults/over'));
    await control.run(`mv /root/kube-apiserver.yaml ${manifests}/`);
    await ended('meanwhile', 3);
    await node.run('rm /var/faults/go');
    assert.equal(await steady(), before);
    await steadyLogGoesOn();
  });

  test('a node that is cut off loses its pods to others, but a StatefulSet never has two pods of one name', async () => {
    const [lost] = await podsOf('one');
    assert.equal(lost?.spec?.nodeName, worker);
    const address = (await host.run(`kubectl get node ${main} -o jsonpath='{.status.addresses[0].address}'`)).trim();
    const rules = [
      `OUTPUT -d ${address} -p tcp --dport 6443 -j DROP`,
      `INPUT -s ${address} -p tcp --sport 6443 -j DROP`,
    ];
    for (const rule of rules) await node.run(`iptables -I ${rule}`);
    await eventually(async () => {
      const { status, spec } = await nodeNow();
      assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'Unknown');
      assert.deepEqual(
        spec?.taints
          ?.filter(({ key }) => key === 'node.kubernetes.io/unreachable')
          .map(({ effect }) => effect)
          .sort(),
        ['NoExecute', 'NoSchedule'],
      );
    });
    await eventually(async () => {
      const running = (await podsOf('many')).filter(
        ({ spec, status }) => spec?.nodeName === main && status?.phase === 'Running',
      );
      assert.equal(running.length, 1);
    });
    await eventually(async () => {
      const pods = await podsOf('one');
      assert.deepEqual(
        pods.map(({ metadata, spec }) => [metadata.uid, spec?.nodeName, metadata.deletionTimestamp !== undefined]),
        [[lost.metadata.uid, worker, true]],
      );
    });
    assert.match(await node.run('ctr -n k8s.io tasks list'), /RUNNING/, 'what is cut off runs on');
    for (const rule of rules) await node.run(`iptables -D ${rule}`);
    // After its return, the node takes down the old pod, and only then the new one starts.
    await eventually(async () => {
      const [one, ...more] = await podsOf('one');
      assert.equal(more.length, 0);
      assert.notEqual(one?.metadata.uid, lost.metadata.uid);
      assert.equal(one?.status?.phase, 'Running');
    });
    await host.run(`kubectl wait --for=condition=Ready --timeout=180s node/${worker}`);
  });

  test('a full disk evicts the pod that filled it, and is cleaned up', async () => {
    await apply(`
apiVersion: v1
kind: Pod
metadata: {name: glutton, labels: {suite: faults}}
spec:
  nodeName: ${worker}
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: busybox
    command: [sh, -c, 'dd if=/dev/zero of=/data/block bs=65536; sleep 100000']
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, emptyDir: {}}]
`);
    await eventually(async () => {
      const { status } = await podNamed('glutton');
      assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Evicted']);
      assert.match(status?.message ?? '', /The node was low on resource: ephemeral-storage/);
    });
    const { items } = JSON.parse(await host.run('kubectl get events -o json')) as { items: Event[] };
    assert.ok(items.some(({ reason }) => reason === 'EvictionThresholdMet'));
    await host.run('kubectl delete pod glutton --timeout=180s');
    await eventually(async () => {
      const { status, spec } = await nodeNow();
      assert.equal(status?.conditions?.find(({ type }) => type === 'DiskPressure')?.status, 'False');
      assert.deepEqual(spec?.taints?.filter(({ key }) => key === 'node.kubernetes.io/disk-pressure') ?? [], []);
    });
    await apply(oneShot('afterwards', 'exit 0'));
    await ended('afterwards', 0);
  });

  test('a machine that shuts down gives its pods their grace period, and reports it', async () => {
    const polite = 'trap "sleep 1; exit 0" TERM; while :; do sleep 0.1; done';
    await apply(oneShot('polite', polite).replace('PeriodSeconds: 0', 'PeriodSeconds: 20'));
    // Its one second of grace is over before it is killed: the kubelet waits for that.
    const deaf = oneShot('deaf', 'exec sleep 100000').replace('PeriodSeconds: 0', 'PeriodSeconds: 20');
    await apply(deaf.replace('nodeName:', 'priorityClassName: system-node-critical\n  nodeName:'));
    await host.run('kubectl wait --for=condition=Ready --timeout=180s pod/polite pod/deaf');
    await all.typernetes.run('machine', 'stop', worker);
    const killed = (await podNamed('deaf')).status;
    assert.deepEqual([killed?.phase, killed?.reason], ['Failed', 'Terminated']);
    assert.equal(killed?.containerStatuses?.[0]?.state?.terminated?.exitCode, 137);
    const { status } = await podNamed('polite');
    assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Terminated']);
    assert.equal(status?.message, 'Pod was terminated in response to imminent node shutdown.');
    assert.equal(status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 0);
    const disruption = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
    assert.equal(disruption?.reason, 'TerminationByKubelet');
    const readiness = (await nodeNow()).status?.conditions?.find(({ type }) => type === 'Ready');
    assert.match(readiness?.message ?? '', /node is shutting down|Kubelet stopped posting node status/);
  });
});
