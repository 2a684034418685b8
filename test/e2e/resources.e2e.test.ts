/** Devices of plugins and exclusive CPUs of containers, on a machine whose kubelet has static policies. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import {
  devicePluginCodecs,
  devicePluginMethods,
  GrpcChannel,
  podResourcesCodecs,
  podResourcesMethods,
  serveGrpc,
} from '@typernetes/cri';
import { startDraDriver } from '@typernetes/cri/testing';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';

const cluster = 'resources';
const machine = `${cluster}-control-plane`;
const kubelet = `pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet '`;

const policies = `
mkdir -p /etc/kubelet.d
cat > /etc/kubelet.d/10.conf <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cpuManagerPolicy: static
cpuManagerReconcilePeriod: 1s
systemReserved: {cpu: 50m}
topologyManagerPolicy: single-numa-node
END
echo KUBELET_EXTRA_ARGS=--config-dir=/etc/kubelet.d > /etc/default/kubelet
/etc/init.d/kubelet restart`;

const podWith = (name: string, resources: object): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName: machine,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: 'busybox',
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', 'ls -l /dev/widget; echo widgets: $WIDGETS; sleep 100000'],
          resources: { limits: resources, requests: resources },
        },
      ],
    },
  });

/** Uses four times the CPU it requests, as far as it can. */
const busy = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: busy, labels: {app: busy}}
spec:
  selector: {matchLabels: {app: busy}}
  template:
    metadata: {labels: {app: busy}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: main
        image: busybox
        imagePullPolicy: IfNotPresent
        command: [sh, -c, "while :; do :; done"]
        resources: {requests: {cpu: 50m}, limits: {cpu: 200m}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: busy}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: busy}
  maxReplicas: 2
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
`;

/** A device plugin in this process, with its sockets in the machine, reached through the machine's first process. */
async function startPlugin(directory: string) {
  const ended = new AbortController();
  const methods = devicePluginMethods;
  const server = await serveGrpc(
    join(directory, 'widget.sock'),
    [
      {
        method: methods.watch,
        stream: async function* (_: never, gone: AbortSignal) {
          yield { devices: ['w0', 'w1', 'w2'].map((ID) => ({ ID, health: ID === 'w2' ? 'Unhealthy' : 'Healthy' })) };
          const over = AbortSignal.any([gone, ended.signal]);
          await new Promise((settle) => over.addEventListener('abort', settle));
        },
      },
      {
        method: methods.allocate,
        answer: async ({ containerRequests: [asked] }: { containerRequests: { devicesIds: string[] }[] }) => ({
          containerResponses: [
            {
              envs: { WIDGETS: asked?.devicesIds.join() },
              devices: [{ containerPath: '/dev/widget', hostPath: '/dev/null', permissions: 'rw' }],
            },
          ],
        }),
      },
    ],
    devicePluginCodecs,
  );
  const channel = new GrpcChannel(join(directory, 'kubelet.sock'), devicePluginCodecs);
  const request = { version: 'v1beta1', endpoint: 'widget.sock', resourceName: 'example.com/widget' };
  try {
    await channel.unary(methods.register, request);
  } catch (error) {
    await server.close();
    throw error;
  } finally {
    channel.close();
  }
  return {
    stop: async () => {
      ended.abort();
      await server.close();
    },
  };
}

describe('resources of a node', () => {
  let all: Walkthrough;
  let host: Shell;
  let node: Shell;
  let kubeletDir: string;
  let plugin: Awaited<ReturnType<typeof startPlugin>> | undefined;

  before(async () => {
    all = await openWalkthrough();
    await all.typernetes.run('cluster', 'create', cluster, '--workers', '0');
    host = all.onHost(cluster, { kubectl: 'upstream' });
    node = all.inMachine(machine);
    await host.run('kubectl taint nodes --all node-role.kubernetes.io/control-plane-');
    const pid = readFileSync(join(all.home, 'machines', machine, 'pid'), 'utf8').trim();
    kubeletDir = `/proc/${pid}/root/var/lib/kubelet`;
    // Used at the end: metrics are collected until then.
    await host.run(`kubectl apply -f ${join(import.meta.dirname, '../../addons/metrics.yaml')}`);
    await host.run('kubectl apply -f -', { input: busy });
    await node.run(policies);
    await eventually(() => node.run('curl -sf http://127.0.0.1:10248/healthz'));
    plugin = await eventually(() => startPlugin(join(kubeletDir, 'device-plugins')));
  });
  after(async () => {
    await plugin?.stop();
    await all.close();
  });

  const apply = (manifest: string): Promise<string> => host.run('kubectl apply -f -', { input: manifest });
  const podNamed = async (name: string): Promise<Pod> => JSON.parse(await host.run(`kubectl get pod ${name} -o json`));
  const nodeNow = async (): Promise<Node> => JSON.parse(await host.run(`kubectl get node ${machine} -o json`));
  const ready = (name: string): Promise<string> =>
    host.run(`kubectl wait --for=condition=Ready --timeout=180s pod/${name}`);
  const cpusOf = (name: string): Promise<string> =>
    host.run(`kubectl exec ${name} -- grep Cpus_allowed_list /proc/self/status`);
  const cpus = Number(readFileSync('/sys/devices/system/cpu/online', 'utf8').trim().split('-').at(-1)) + 1;

  test('devices are part of them, and a pod gets those that it requests', async () => {
    await eventually(async () => {
      const { status } = await nodeNow();
      assert.equal(status?.capacity?.['example.com/widget'], '3');
      assert.equal(status?.allocatable?.['example.com/widget'], '2');
      assert.equal(status?.allocatable?.cpu, `${cpus * 1000 - 50}m`);
    });
    await apply(podWith('widgets', { 'example.com/widget': '2' }));
    await ready('widgets');
    assert.match(await host.run('kubectl logs widgets'), /^crw.*\/dev\/widget\nwidgets: w0,w1\n$/);
    await apply(podWith('too-many', { 'example.com/widget': '1' }));
    await eventually(async () => {
      const { status } = await podNamed('too-many');
      assert.deepEqual([status?.phase, status?.reason], ['Failed', 'OutOfexample.com/widget']);
    });
  });

  test('drivers prepare claims, also for extended resources; a restarted kubelet remembers them, and they are released', async () => {
    await host.run(`kubectl apply -f ${join(import.meta.dirname, 'dynamic-resources.yaml')}`);
    await mkdir(join(kubeletDir, '../../../run/cdi'), { recursive: true });
    await mkdir(join(kubeletDir, 'plugins'), { recursive: true });
    const specOf = (uid: string): string => join(kubeletDir, `../../../run/cdi/gpu.example.com-${uid}.json`);
    const driver = await startDraDriver({
      name: 'gpu.example.com',
      registryDir: join(kubeletDir, 'plugins_registry'),
      socketDir: join(kubeletDir, 'plugins'),
      seenDir: '/var/lib/kubelet/plugins',
      prepare: async ({ uid, name }) => {
        const device = {
          name: uid,
          containerEdits: { env: [`GPU=${name}`], deviceNodes: [{ path: '/dev/gpu', hostPath: '/dev/null' }] },
        };
        await writeFile(
          specOf(uid),
          JSON.stringify({ cdiVersion: '0.6.0', kind: 'example.com/gpu', devices: [device] }),
        );
        return [{ poolName: 'pool', deviceName: 'gpu-0', cdiDeviceIds: [`example.com/gpu=${uid}`] }];
      },
      unprepare: ({ uid }) => rm(specOf(uid), { force: true }),
    });
    try {
      await eventually(async () => assert.deepEqual(driver.registrations, ['']));
      const slice = { kind: 'ResourceSlice', apiVersion: 'resource.k8s.io/v1', metadata: { name: 'gpus' } };
      const pool = { name: 'pool', generation: 1, resourceSliceCount: 1 };
      const devices = [{ name: 'gpu-0' }, { name: 'gpu-1' }];
      await apply(JSON.stringify({ ...slice, spec: { driver: 'gpu.example.com', nodeName: machine, pool, devices } }));
      await ready('claiming');
      await ready('extended');
      assert.match(await host.run('kubectl logs claiming'), /^crw.*\/dev\/gpu\nGPU=claiming-gpu-\w+\n$/);
      assert.match(await host.run('kubectl logs extended'), /^crw.*\/dev\/gpu\nGPU=extended-extended-resources-\w+\n$/);
      const { status } = await podNamed('claiming');
      assert.equal(status?.containerStatuses?.[0]?.allocatedResourcesStatus?.[0]?.name, 'claim:gpu');

      const pid = await node.run(kubelet);
      await node.run(`kill -9 ${pid}`);
      await eventually(async () => assert.notEqual(await node.run(kubelet), pid));
      await eventually(async () => assert.equal(driver.registrations.length, 2));
      assert.equal((await podNamed('claiming')).status?.containerStatuses?.[0]?.restartCount, 0);
      await host.run('kubectl delete pod claiming extended --timeout=180s');
      const verbs = (verb: string): string[] => driver.calls.filter((call) => call.startsWith(verb)).sort();
      assert.equal(verbs('prepare').length, 2);
      // Nobody waits for pods without a grace period: they disappear from the API first.
      await eventually(async () =>
        assert.deepEqual(
          verbs('unprepare'),
          verbs('prepare').map((call) => `un${call}`),
        ),
      );
      await eventually(async () => assert.equal(await host.run('kubectl get resourceclaims -o name'), ''));
    } finally {
      await driver.stop();
    }
  });

  test('a guaranteed container has a CPU for itself, and the others do not use it', async () => {
    await apply(podWith('shared', { cpu: '10m', memory: '16Mi' }));
    await ready('shared');
    assert.match(await cpusOf('shared'), new RegExp(`\\t0-${cpus - 1}\\n`));
    await apply(podWith('alone', { cpu: '1', memory: '16Mi' }));
    await ready('alone');
    assert.match(await cpusOf('alone'), /\t1\n/);
    await eventually(async () => assert.match(await cpusOf('shared'), cpus === 2 ? /\t0\n/ : /\t0,2/));
    const state = JSON.parse(await node.run('cat /var/lib/kubelet/cpu_manager_state'));
    assert.equal(state.policyName, 'static');
    assert.deepEqual(Object.values(state.entries), [{ main: '1' }]);
  });

  test('monitoring agents learn who has what, also from a restarted kubelet', async () => {
    const pid = await node.run(kubelet);
    await node.run(`kill -9 ${pid}`);
    await eventually(async () => assert.notEqual(await node.run(kubelet), pid));
    const channel = new GrpcChannel(join(kubeletDir, 'pod-resources/kubelet.sock'), podResourcesCodecs);
    try {
      await eventually(async () => {
        const { podResources } = await channel.unary<{
          podResources: { name: string; containers: { devices: { deviceIds: string[] }[]; cpuIds: string[] }[] }[];
        }>(podResourcesMethods.list, {});
        const of = (name: string) => podResources.find((pod) => pod.name === name)?.containers[0];
        assert.deepEqual(
          of('widgets')?.devices.flatMap(({ deviceIds }) => deviceIds),
          ['w0', 'w1'],
        );
        assert.deepEqual(of('alone')?.cpuIds, ['1']);
      });
    } finally {
      channel.close();
    }
    assert.equal((await podNamed('widgets')).status?.containerStatuses?.[0]?.restartCount, 0);
    await eventually(async () => assert.equal((await nodeNow()).status?.allocatable?.['example.com/widget'], '0'));
  });

  test('CPUs return to the shared pool when their pod is gone', async () => {
    await host.run('kubectl delete pod alone --timeout=180s');
    await eventually(async () => assert.match(await cpusOf('shared'), new RegExp(`\\t0-${cpus - 1}\\n`)));
  });

  test('environment variables come from files in volumes, and user namespaces are rejected where unsupported', async () => {
    await apply(`
apiVersion: v1
kind: Pod
metadata: {name: from-file}
spec:
  nodeName: ${machine}
  restartPolicy: Never
  initContainers:
  - {name: write, image: busybox, command: [sh, -c, "echo \\"A='it works'\\" > /env/file"], volumeMounts: [{name: env, mountPath: /env}]}
  containers:
  - name: main
    image: busybox
    command: [sh, -c, 'echo $A']
    env: [{name: A, valueFrom: {fileKeyRef: {volumeName: env, path: file, key: A}}}]
  volumes: [{name: env, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: userns}
spec:
  nodeName: ${machine}
  terminationGracePeriodSeconds: 0
  hostUsers: false
  containers: [{name: main, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, "1000"]}]
`);
    await eventually(async () => assert.equal(await host.run('kubectl logs from-file -c main'), 'it works\n'));
    await eventually(async () =>
      assert.match(
        await host.run('kubectl get events --field-selector involvedObject.name=userns'),
        /FailedCreatePodSandBox .*can't set `spec.hostUsers: false`, runtime does not support user namespaces/,
      ),
    );
  });

  test('users see the usage of nodes and pods, and autoscalers act on it', async () => {
    await host.run('kubectl -n kube-system rollout status deployment/metrics-server --timeout=180s');
    for (const kubectl of ['upstream', 'ours'] as const) {
      const shell = all.onHost(cluster, { kubectl });
      await eventually(async () => {
        assert.match(
          await shell.run('kubectl top nodes'),
          new RegExp(`^${machine} +\\d+m +\\d+% +\\d+Mi +\\d+% *$`, 'm'),
        );
        const pods = await shell.run('kubectl top pods --containers -l app=busy');
        assert.match(pods, /^busy-\S+ +main +\d+m +\d+Mi *$/m);
      });
      assert.match(
        await shell.run('kubectl get podmetrics -l app=busy'),
        /^NAME +CPU +MEMORY +WINDOW *\nbusy-\S+ +\d+\w +\d+\w+ +[\d.]+m?s *$/m,
      );
    }
    await eventually(async () =>
      assert.match(await host.run('kubectl explain podmetrics.containers'), /ContainerMetrics/),
    );
    await eventually(async () =>
      assert.match(await host.run('kubectl get hpa busy'), /^busy +Deployment\/busy +cpu: \d+%\/80% +1 +2 +2 /m),
    );
    const view = 'kubectl auth can-i list pods.metrics.k8s.io --as=jane';
    assert.equal((await host.attempt(view)).stdout, 'no\n');
    await host.run('kubectl create clusterrolebinding jane --clusterrole=view --user=jane');
    assert.equal(await host.run(view), 'yes\n');
    assert.match(await host.run('kubectl top pods --as=jane'), /^busy-/m);
  });

  test('a mismatch is rejected before any pod starts: another policy while CPUs are assigned, another cgroup driver', async () => {
    await node.run(
      'sed -i "s/cpuManagerPolicy: static/cpuManagerPolicy: none/" /etc/kubelet.d/10.conf; /etc/init.d/kubelet restart',
    );
    await eventually(async () =>
      assert.match(
        await node.run('tail -5 /var/log/kubelet.log'),
        /configured policy "none" differs from state checkpoint policy "static", please drain this node and delete the CPU manager checkpoint file/,
      ),
    );
    await node.run(
      'sed -i "/^cpuManagerPolicy/c cgroupDriver: systemd" /etc/kubelet.d/10.conf; /etc/init.d/kubelet restart',
    );
    await eventually(async () =>
      assert.match(
        await node.run('tail -5 /var/log/kubelet.log'),
        /kubelet cgroup driver: "systemd" is different from the container runtime's cgroup driver: "cgroupfs"/,
      ),
    );
  });
});
