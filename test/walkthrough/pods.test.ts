/** The chapters 为什么需要Pod and 深入解析Pod对象: what a pod's containers share, what they get, and how they are kept alive. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Outcome } from '../command.ts';
import { eventually } from '../eventually.ts';
import { assertAlike } from './alike.ts';
import { withoutTimes } from './normalised.ts';
import { type KubectlOrigin, openWalkthrough, type Shell, type Walkthrough } from './walkthrough.ts';

const worker = 'pods-worker';

describe('pods of the chapters', () => {
  let walkthrough: Walkthrough;
  let shell: Shell;
  let ours: Shell;
  let node: Shell;

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.typernetes.run('cluster', 'create', 'pods');
    shell = walkthrough.onHost('pods', { kubectl: 'upstream' });
    node = walkthrough.inMachine(worker);
    ours = walkthrough.onHost('pods');
    await shell.run('kubectl create secret generic user --from-file=./username.txt');
    await shell.run('kubectl create secret generic pass --from-file=./password.txt');
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

  test("both kubectls create the chapter's objects, each in a namespace of its own", async () => {
    const lines = [
      'kubectl create secret generic user --from-file=./username.txt',
      'kubectl create secret generic pass --from-file=./password.txt',
      'kubectl get secrets',
      'kubectl create -f 我的配置文件',
      'kubectl create -f nginx.yaml',
      'kubectl create -f test-projected-volume.yaml',
      'kubectl create configmap ui-config --from-file=example/ui.properties',
      'kubectl create -f dapi-volume.yaml',
      'kubectl create -f test-liveness-exec.yaml',
      'kubectl create -f test-liveness-exec.yaml',
    ];
    const files =
      'cp mysecret.yaml 我的配置文件; cp share-process-namespace.yaml nginx.yaml; cp test-downwardapi-volume.yaml dapi-volume.yaml';
    const typed = async (kubectl: KubectlOrigin): Promise<Outcome[]> => {
      await shell.run(`kubectl create namespace ${kubectl}`);
      const own = walkthrough.onHost('pods', { kubectl, namespace: kubectl });
      await own.run(files);
      const outcomes = [];
      for (const line of lines) outcomes.push(withoutTimes(await own.attempt(line)));
      await own.run('kubectl delete namespace --wait=false $(kubectl config view --minify -o jsonpath={..namespace})');
      return outcomes;
    };
    const [upstream, mine] = [await typed('upstream'), await typed('ours')];
    for (const [i, line] of lines.entries()) assert.deepEqual(mine[i], upstream[i], line);
    assert.deepEqual(
      upstream.map(({ exitCode }) => exitCode),
      [...Array(lines.length - 1).fill(0), 1],
    );
  });

  const ready = (pod: string): Promise<string> =>
    shell.run(`kubectl wait pod/${pod} --for=condition=Ready --timeout=180s`);

  test('two containers share a directory of the node', async () => {
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

  test("host aliases are in the pod's hosts file", async () => {
    await eventually(async () => {
      const hosts = await shell.run('kubectl logs hostaliases-pod');
      assert.match(hosts, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
      assert.match(hosts, /^10\.244\.\d+\.\d+\thostaliases-pod\n/m);
      assert.match(hosts, /^10\.1\.2\.3\tfoo\.remote\tbar\.remote\n/m);
    });
    // Changes by a container are gone after its restart.
    await shell.run("kubectl run forger --image=busybox -- sh -c 'cat /etc/hosts; echo 10.9.9.9 forged >> /etc/hosts'");
    await eventually(async () => {
      const restarts = "kubectl get pod forger -o jsonpath='{.status.containerStatuses[0].restartCount}'";
      assert.notEqual(await shell.run(restarts), '0');
      const hosts = await shell.run('kubectl logs forger');
      assert.match(hosts, /^# Kubernetes-managed hosts file\./);
      assert.doesNotMatch(hosts, /forged/);
    });
    await shell.run('kubectl delete pod forger --now');
  });

  test('containers that share their process namespace see each other and the pause process', async () => {
    await ready('nginx');
    const processes = await shell.run('kubectl exec nginx -c shell -- ps ax');
    for (const process of [/^ +1 .* \/pause$/m, /nginx: master process nginx -g daemon off;/, /nginx: worker process/])
      assert.match(processes, process);
    const attach = "script -qec 'kubectl attach -it nginx -c shell' /dev/null";
    const restarts = `kubectl get pod nginx -o jsonpath='{.status.containerStatuses[?(@.name=="shell")].restartCount}'`;
    const before = Number(await shell.run(restarts));
    for (const [ended, kubectl] of (['upstream', 'ours'] as const).entries()) {
      // The shell that the other container has killed runs again.
      await eventually(async () => assert.equal(Number(await shell.run(restarts)), before + ended));
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
    // The chapter's hook asks nginx to quit, from within the container; the runtime's signal has no sender there.
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

  test('a Secret holds decoded values, and a ConfigMap holds a file unchanged', async () => {
    await shell.run('kubectl create -f mysecret.yaml');
    const decoded = (key: string): Promise<string> =>
      shell.run(`kubectl get secret mysecret -o jsonpath='{.data.${key}}' | base64 -d`);
    assert.deepEqual([await decoded('user'), await decoded('pass')], ['admin', '1f2d1e2e67df']);
    await shell.run('kubectl create configmap ui-config --from-file=example/ui.properties');
    for (const line of ['kubectl get secrets', 'kubectl get configmaps ui-config -o yaml'])
      await assertAlike(line, { upstream: shell, ours });
    assert.match(
      await shell.run('kubectl get configmaps ui-config -o yaml'),
      /^data:\n {2}ui\.properties: \|-?\n {4}color\.good=purple\n {4}color\.bad=yellow\n {4}allow\.textmode=true\n {4}how\.nice\.to\.look=fairlyNice\n/m,
    );
  });

  test('secrets are projected into one volume', async () => {
    await ready('test-projected-volume');
    const read = "kubectl exec test-projected-volume -- sh -c 'cd /projected-volume && ls && cat *'";
    assert.equal(await shell.run(read), 'password.txt\nusername.txt\nc1oudc0w!\nadmin\n');
    for (const own of [shell, ours]) {
      const typed = "script -qec 'kubectl exec -it test-projected-volume -- /bin/sh' /dev/null";
      const { stdout } = await own.attempt(typed, {
        input: 'ls /projected-volume/\ncat /projected-volume/username.txt\nexit\n',
      });
      assert.match(stdout, /password\.txt +username\.txt\r+\n[\s\S]*^admin\r+$/m);
    }
  });

  test("the downward API writes the pod's labels", async () => {
    await ready('test-downwardapi-volume');
    await eventually(async () =>
      assert.match(
        await shell.run('kubectl logs test-downwardapi-volume'),
        /cluster="test-cluster1"\nrack="rack-22"\nzone="us-est-coast"/,
      ),
    );
    await assertAlike('kubectl logs test-downwardapi-volume', { upstream: shell, ours });
  });

  test('a container whose liveness probe fails is restarted, and its pod keeps running', async () => {
    await eventually(async () => {
      const events = await shell.run('kubectl describe pod test-liveness-exec');
      assert.match(
        events,
        /Warning +Unhealthy .*Liveness probe failed: cat: can't open '\/tmp\/healthy': No such file or directory$/m,
      );
      assert.match(events, /Normal +Killing .*Container liveness failed liveness probe, will be restarted$/m);
      assert.match(
        await shell.run('kubectl get pod test-liveness-exec'),
        /^test-liveness-exec +1\/1 +Running +[1-9]\d* \(\S+ ago\)/m,
      );
    });
    for (const line of [
      'kubectl get pod',
      'kubectl get pod test-liveness-exec',
      'kubectl describe pod test-liveness-exec',
    ])
      await assertAlike(line, { upstream: shell, ours });
  });
});
