/** The chapters 为什么需要Pod and 深入解析Pod对象: what a pod's containers share, what they are given, and how they are kept alive. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from './walkthrough.ts';

const worker = 'pods-worker';

describe('pods of the chapters', () => {
  let walkthrough: Walkthrough;
  let shell: Shell;
  let node: Shell;

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.typernetes.run('cluster', 'create', 'pods');
    shell = walkthrough.onHost('pods', { kubectl: 'upstream' });
    node = walkthrough.inMachine(worker);
    await shell.run('kubectl create secret generic user --from-file=./username.txt');
    await walkthrough.onHost('pods').run('kubectl create secret generic pass --from-file=./password.txt');
    const manifests = [
      'test-liveness-exec',
      'two-containers',
      'javaweb-2',
      'hostaliases-pod',
      'share-process-namespace',
      'host-namespaces',
      'lifecycle-demo',
      'node-selector',
      'test-projected-volume',
      'test-downwardapi-volume',
    ];
    await shell.run(`kubectl create ${manifests.map((name) => `-f ${name}.yaml`).join(' ')}`);
  });
  after(() => walkthrough?.close());

  const ready = (pod: string): Promise<string> =>
    shell.run(`kubectl wait pod/${pod} --for=condition=Ready --timeout=120s`);

  test('two containers share a folder of the node', async () => {
    await eventually(async () =>
      assert.equal(
        await shell.run('kubectl exec two-containers -c nginx-container -- curl -s localhost'),
        'Hello from the debian container\n',
      ),
    );
    assert.equal(await node.run('cat /data/index.html'), 'Hello from the debian container\n');
    await eventually(async () =>
      assert.match(await shell.run('kubectl get pod two-containers'), /^two-containers +1\/2 +NotReady +0 /m),
    );
  });

  test('an init container hands its WAR file to the web server, which answers on a port of the node', async () => {
    await ready('javaweb-2');
    const address = await shell.run("kubectl get pod javaweb-2 -o jsonpath='{.status.hostIP}'");
    const page = await node.run(`curl -sf http://${address}:8001/sample/`);
    assert.match(page, /This is the home page of the sample application\./);
    const state = '{.status.initContainerStatuses[0].state.terminated.reason}';
    assert.equal(await shell.run(`kubectl get pod javaweb-2 -o jsonpath='${state}'`), 'Completed');
  });

  test("aliases stand in the pod's hosts file", async () => {
    await eventually(async () => {
      const hosts = await shell.run('kubectl logs hostaliases-pod');
      assert.match(hosts, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
      assert.match(hosts, /^10\.244\.\d+\.\d+\thostaliases-pod\n/m);
      assert.match(hosts, /^10\.1\.2\.3\tfoo\.remote\tbar\.remote\n/m);
    });
  });

  test('containers that share their process namespace see each other and the pause process', async () => {
    await ready('nginx');
    const processes = await shell.run('kubectl exec nginx -c shell -- ps ax');
    for (const process of [/^ +1 .* \/pause$/m, /nginx: master process nginx -g daemon off;/, /nginx: worker process/])
      assert.match(processes, process);
    const attach = "script -qec 'kubectl attach -it nginx -c shell' /dev/null";
    for (const kubectl of ['upstream', 'ours'] as const) {
      await ready('nginx');
      const attached = await walkthrough
        .onHost('pods', { kubectl })
        .attempt(attach, { input: 'echo $((40+2))\nexit\n' });
      assert.match(attached.stdout, /^42\r+$/m, kubectl);
    }
  });

  test("a pod in its node's namespaces has the node's name, address and processes", async () => {
    await ready('nginx-host');
    const inPod = 'kubectl exec nginx-host -c shell --';
    assert.equal(await shell.run(`${inPod} hostname`), `${worker}\n`);
    assert.match(await shell.run(`${inPod} ps ax`), /kubelet/);
    const addresses = await shell.run("kubectl get pod nginx-host -o jsonpath='{.status.hostIP} {.status.podIP}'");
    const [hostIp, podIp] = addresses.split(' ');
    assert.equal(podIp, hostIp);
  });

  test('hooks run after the start and before the end', async () => {
    await ready('lifecycle-demo');
    assert.equal(
      await shell.run('kubectl exec lifecycle-demo -- cat /usr/share/message'),
      'Hello from the postStart handler\n',
    );
    const following = shell.start('exec kubectl logs -f lifecycle-demo');
    await shell.run('kubectl delete pod lifecycle-demo');
    // The chapter's hook asks nginx to quit, from within the container; the runtime's own signal has no sender there.
    const { stdout, stderr } = await following.outcome;
    assert.match(stdout + stderr, /\(SIGQUIT\) received from [1-9]/);
  });

  test('a pod waits for a node with the label it asks for', async () => {
    const waiting = await shell.run('kubectl describe pod node-selector');
    assert.match(waiting, /^Status: +Pending$/m);
    assert.match(waiting, /Warning +FailedScheduling .* 0\/2 nodes are available: .*node affinity\/selector/);
    await shell.run(`kubectl label node ${worker} disktype=ssd`);
    await ready('node-selector');
  });

  test('a Secret holds what was encoded for it, and a ConfigMap a file as it is', async () => {
    await shell.run('kubectl create -f mysecret.yaml');
    const decoded = (key: string): Promise<string> =>
      shell.run(`kubectl get secret mysecret -o jsonpath='{.data.${key}}' | base64 -d`);
    assert.deepEqual([await decoded('user'), await decoded('pass')], ['admin', '1f2d1e2e67df']);
    await shell.run('kubectl create configmap ui-config --from-file=example/ui.properties');
    assert.match(
      await shell.run('kubectl get configmaps ui-config -o yaml'),
      /^data:\n {2}ui\.properties: \|-?\n {4}color\.good=purple\n {4}color\.bad=yellow\n {4}allow\.textmode=true\n {4}how\.nice\.to\.look=fairlyNice\n/m,
    );
  });

  test('secrets are projected into one volume', async () => {
    await ready('test-projected-volume');
    const read = "kubectl exec test-projected-volume -- sh -c 'cd /projected-volume && ls && cat *'";
    assert.equal(await shell.run(read), 'password.txt\nusername.txt\nc1oudc0w!\nadmin\n');
  });

  test("the downward API writes the pod's labels", async () => {
    await ready('test-downwardapi-volume');
    await eventually(async () =>
      assert.match(
        await shell.run('kubectl logs test-downwardapi-volume'),
        /cluster="test-cluster1"\nrack="rack-22"\nzone="us-est-coast"/,
      ),
    );
  });

  test('a container whose liveness probe fails is started again, and its pod keeps running', async () => {
    await eventually(async () => {
      const events = await shell.run('kubectl describe pod test-liveness-exec');
      assert.match(
        events,
        /Warning +Unhealthy .*Liveness probe failed: cat: can't open '\/tmp\/healthy': No such file or directory$/m,
      );
      assert.match(events, /Normal +Killing .*Container liveness failed liveness probe, will be restarted$/m);
      assert.match(
        await shell.run('kubectl get pod test-liveness-exec'),
        /^test-liveness-exec +1\/1 +Running +1 \(\S+ ago\)/m,
      );
    });
  });
});
