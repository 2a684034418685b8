/** The chapters "Kubeadm" and 搭建一个完整的K8S集群: from two bare machines to a cluster. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createAuthority, publicKeyHash } from '@typernetes/pki';
import type { Outcome } from '../command.ts';
import { eventually } from '../eventually.ts';
import { assertAlike } from './alike.ts';
import { type KubectlOrigin, kubectlOrigins, openWalkthrough, type Shell, type Walkthrough } from './walkthrough.ts';

const year = 365 * 24 * 3600 * 1000;
const systemPods = [/^coredns-/, /^coredns-/, /^kube-apiserver-master$/, /^kube-controller-manager-master$/];

/** The rows of a table printed by kubectl, without its heading. */
const rowsOf = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s{2,}/));

const upstreamAndOurs = (walkthrough: Walkthrough): Readonly<Record<KubectlOrigin, Shell>> => ({
  upstream: walkthrough.inMachine('master', { kubectl: 'upstream' }),
  ours: walkthrough.inMachine('master', { kubectl: 'ours' }),
});

describe('from bare machines to a cluster', () => {
  let walkthrough: Walkthrough;
  let master: Shell;
  let node1: Shell;
  /** The last output of `kubeadm init`: the line for other machines, backslash included, and its arguments. */
  let join = { line: '', token: '', hash: '' };

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.createMachines('master', 'node1');
    master = walkthrough.inMachine('master', { kubectl: 'upstream' });
    node1 = walkthrough.inMachine('node1');
  });
  after(() => walkthrough?.close());

  test('kubeadm init makes a bare machine a control plane, and reset makes it bare again', async () => {
    const output = await node1.run('kubeadm init');
    assert.match(output, /^Your Kubernetes control-plane has initialized successfully!$/m);
    await node1.run('kubeadm reset --force');
    assert.equal(await node1.run('ctr -n k8s.io tasks list -q'), '');
  });

  test('the arguments of the API server end up in its manifest', async () => {
    await node1.run('kubeadm init phase control-plane apiserver --config examples/kubeadm-apiserver-args.yaml');
    const manifest = await node1.run('cat /etc/kubernetes/manifests/kube-apiserver.yaml');
    for (const argument of [
      'advertise-address=192.168.0.103',
      'anonymous-auth=false',
      'enable-admission-plugins=AlwaysPullImages,DefaultStorageClass',
      'audit-log-path=/home/johndoe/audit.log',
    ]) {
      assert.match(manifest, new RegExp(`^ +- --${argument}$`, 'm'));
    }
    await node1.run('kubeadm reset --force');
    assert.equal(await node1.run('ls /etc/kubernetes/manifests'), '');
  });

  test('kubeadm init rejects a machine whose port is in use', async () => {
    const listen = "require('net').createServer().listen(6443, () => console.log('listening'))";
    const listener = master.start(`exec /usr/local/lib/typernetes/node -e "${listen}"`);
    await listener.until(/listening/);
    const { exitCode, stderr } = await master.attempt('cd examples && kubeadm init --config kubeadm.yaml');
    assert.equal(exitCode, 1);
    assert.match(stderr, /\[preflight\] Some fatal errors occurred:\n\t\[ERROR Port-6443\]: Port 6443 is in use\n/);
    listener.child.kill();
    await listener.outcome;
    assert.equal(await master.run('ls /etc/kubernetes'), '');
  });

  test('kubeadm init makes a control plane with the existing certificate authority', async () => {
    const validity = { notBefore: Date.now(), notAfter: Date.now() + 10 * year };
    const authority = await createAuthority({ commonName: 'mine', ...validity });
    walkthrough.write('master', '/etc/kubernetes/pki/ca.crt', authority.certificate);
    walkthrough.write('master', '/etc/kubernetes/pki/ca.key', authority.privateKey);

    const output = await master.run('cd examples && kubeadm init --config kubeadm.yaml');
    assert.match(output, /^\[certs\] Using existing ca certificate authority$/m);
    assert.match(output, /^Your Kubernetes control-plane has initialized successfully!$/m);
    assert.equal(await master.run('cat /etc/kubernetes/pki/ca.crt'), authority.certificate);

    const line =
      /^kubeadm join \S+:6443 --token (\S+) \\\n\t--discovery-token-ca-cert-hash (\S+)/m.exec(output) ?? assert.fail();
    join = { line: line[0], token: line[1] ?? '', hash: line[2] ?? '' };
    assert.equal(join.hash, publicKeyHash(new X509Certificate(authority.certificate)));

    const lines = /^ {2}mkdir -p \$HOME\/\.kube\n.*\n.*$/m.exec(output)?.[0] ?? '';
    assert.deepEqual(
      lines.split('\n').map((line) => line.trim()),
      [
        'mkdir -p $HOME/.kube',
        'sudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config',
        'sudo chown $(id -u):$(id -g) $HOME/.kube/config',
      ],
    );
    // We are root on a machine that may lack sudo.
    await master.run(lines.replaceAll('sudo ', ''));
  });

  test('its files are where the chapter looks for them', async () => {
    assert.deepEqual((await master.run('ls /etc/kubernetes')).trim().split('\n'), [
      'admin.conf',
      'controller-manager.conf',
      'kubelet.conf',
      'manifests',
      'pki',
      'scheduler.conf',
      'super-admin.conf',
    ]);
    assert.equal(
      await master.run('ls /etc/kubernetes/manifests'),
      'kube-apiserver.yaml\nkube-controller-manager.yaml\nkube-scheduler.yaml\n',
    );
    await master.run(
      'ls /etc/kubernetes/pki/apiserver-kubelet-client.crt /etc/kubernetes/pki/apiserver-kubelet-client.key',
    );
    const controllerManager = await master.run('cat /etc/kubernetes/manifests/kube-controller-manager.yaml');
    assert.match(controllerManager, /^ +- --node-monitor-grace-period=10s$/m);
    assert.match(controllerManager, /^ +- --horizontal-pod-autoscaler-sync-period=10s$/m);
    assert.match(
      await master.run('cat /etc/kubernetes/manifests/kube-apiserver.yaml'),
      /--runtime-config=api\/all=true$/m,
    );
    const clusterInfo = await master.run(
      'kubectl get configmap cluster-info -n kube-public -o jsonpath={.data.kubeconfig}',
    );
    assert.match(clusterInfo, /certificate-authority-data: /);
  });

  for (const kubectl of kubectlOrigins) {
    test(`without a network the node is not ready and pods wait (kubectl: ${kubectl})`, async () => {
      const shell = walkthrough.inMachine('master', { kubectl });
      const [node = [], ...others] = rowsOf(await shell.run('kubectl get nodes'));
      assert.deepEqual([...node.slice(0, 3), others.length], ['master', 'NotReady', 'control-plane', 0]);
      const description = await shell.run('kubectl describe node master');
      assert.match(
        description,
        /^ +Ready +False .*KubeletNotReady +container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized$/m,
      );
      assert.match(description, /^(Taints:)? +node-role\.kubernetes\.io\/control-plane:NoSchedule$/m);
      await eventually(async () => {
        const pods = rowsOf(await shell.run('kubectl get pods -n kube-system'));
        for (const [i, name] of systemPods.entries()) {
          assert.match(pods[i]?.[0] ?? '', name);
          assert.equal(pods[i]?.[2], i < 2 ? 'Pending' : 'Running');
        }
      });
    });
  }

  test('both kubectls show a node without a network alike', async () => {
    const lines = [
      'kubectl get nodes',
      'kubectl describe node master',
      'kubectl get pods -n kube-system',
      // The taint has another key now than when the chapter was written.
      'kubectl taint nodes --all node-role.kubernetes.io/master-',
    ];
    for (const line of lines) await assertAlike(line, upstreamAndOurs(walkthrough));
  });

  let strangers: { readonly cases: readonly (readonly [string, string])[]; readonly outcomes: Promise<Outcome[]> };

  test('the network makes the node ready, and everything runs', async () => {
    // They are rejected only after half a minute, which passes in parallel.
    strangers = await startStrangers();
    await master.run('kubectl apply -f addons/network.yaml');
    await eventually(async () => {
      assert.equal(rowsOf(await master.run('kubectl get nodes'))[0]?.[1], 'Ready');
      const pods = rowsOf(await master.run('kubectl get pods -n kube-system'));
      assert.equal(pods.length, 7);
      for (const [name, ready, status] of pods) assert.deepEqual([name, ready, status], [name, '1/1', 'Running']);
    });
  });

  test('the dashboard runs, and serves its page to everybody', async () => {
    await master.run('kubectl apply -f addons/dashboard.yaml');
    await master.run(
      'kubectl wait -n kube-system --for=condition=Available --timeout=120s deployment/kubernetes-dashboard',
    );
    const pods = rowsOf(await master.run('kubectl get pods -n kube-system'));
    const [dashboard = []] = pods.filter(([name = '']) => /^kubernetes-dashboard-\w+-\w{5}$/.test(name));
    assert.deepEqual(dashboard.slice(1, 3), ['1/1', 'Running']);
    const page = '/api/v1/namespaces/kube-system/services/https:kubernetes-dashboard:/proxy/';
    assert.match(await master.run(`kubectl get --raw ${page}`), /<title>Dashboard<\/title>/);
    // The next pages of the chapter show only the pods of the cluster itself.
    await master.run('kubectl delete -f addons/dashboard.yaml --wait');
  });

  test('removing the taint makes a cluster of one machine', async () => {
    await master.run('kubectl create -f examples/pod.yaml');
    await eventually(async () => {
      const events = await master.run('kubectl describe -f examples/pod.yaml');
      assert.match(events, /FailedScheduling .* 0\/1 nodes are available: 1 node\(s\) had untolerated taint/);
    });
    const key = 'node-role.kubernetes.io/control-plane';
    assert.equal(await master.run(`kubectl taint nodes --all ${key}-`), 'node/master untainted\n');
    await master.run('kubectl wait --for=condition=Ready --timeout=180s -f examples/pod.yaml');
    await master.run(`kubectl delete -f examples/pod.yaml && kubectl taint nodes master ${key}:NoSchedule`);
  });

  /** Machines that do not know the cluster try to join it, side by side. */
  async function startStrangers(): Promise<typeof strangers> {
    const { token, hash } = join;
    const endpoint = join.line.split(' ')[2];
    // They try side by side, and each checks for a moment whether the kubelet's port is free.
    const joinWith = (bearer: string, pin: string): string =>
      `kubeadm join ${endpoint} --token ${bearer} --discovery-token-ca-cert-hash ${pin} --ignore-preflight-errors=Port-10250`;
    const expired = (await master.run('kubeadm token create --ttl 1s')).trim();
    await eventually(async () => assert.ok(!(await master.run('kubeadm token list')).includes(expired)));
    const noSignature = (id: string): string =>
      `could not find a JWS signature in the cluster-info ConfigMap for token ID "${id}"`;
    const cases: [command: string, reason: string][] = [
      [joinWith('zzzzzz.0123456789abcdef', hash), noSignature('zzzzzz')],
      [joinWith(expired, hash), noSignature(expired.slice(0, 6))],
      [
        joinWith(`${token.slice(0, 7)}ffffffffffffffff`, hash),
        "failed to verify JWS signature of received cluster info object, can't trust this API Server",
      ],
      [
        joinWith(token, `sha256:${'0'.repeat(64)}`),
        `cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${hash}" are pinned`,
      ],
    ];
    return { cases, outcomes: Promise.all(cases.map(([command]) => node1.attempt(command))) };
  }

  test('a machine that does not know the cluster cannot join it', async () => {
    const { cases } = strangers;
    const outcomes = await strangers.outcomes;
    for (const [i, [command, reason]] of cases.entries()) {
      assert.equal(outcomes[i]?.exitCode, 1, `${command}: ${outcomes[i]?.stderr}`);
      const failure = `error: error execution phase preflight: couldn't validate the identity of the API Server: ${reason}\n`;
      assert.ok(outcomes[i]?.stderr.includes(failure), outcomes[i]?.stderr);
    }
  });

  const isJoined = (shell: Shell): Promise<void> =>
    eventually(async () => {
      const nodes = rowsOf(await shell.run('kubectl get nodes'));
      assert.deepEqual(
        nodes.map(([name, status, roles]) => [name, status, roles]),
        [
          ['master', 'Ready', 'control-plane'],
          ['node1', 'Ready', '<none>'],
        ],
      );
    });

  test('the line that kubeadm init printed makes the other machine a node', async () => {
    assert.match(await node1.run(join.line), /^This node has joined the cluster:$/m);
    await isJoined(master);
  });

  test('both kubectls show the cluster alike', async () => {
    const lines = [
      'kubectl get nodes',
      'kubectl get pods -n kube-system',
      'kubectl get pods -n rook-ceph-system',
      'kubectl get pods -n rook-ceph',
    ];
    for (const line of lines) await assertAlike(line, upstreamAndOurs(walkthrough));
  });

  test('a machine that was reset can join again with a new token', async () => {
    const again = await node1.attempt(join.line);
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /\t\[ERROR FileAvailable--etc-kubernetes-kubelet\.conf\]: .* already exists\n/);
    assert.match(again.stderr, /\t\[ERROR Port-10250\]: Port 10250 is in use\n/);

    await node1.run('kubeadm reset --force');
    assert.equal(await node1.run('ls /etc/kubernetes/pki /var/lib/kubelet | grep -v :$ | tr -d "\\n"'), '');
    assert.equal(await node1.run('ctr -n k8s.io tasks list -q'), '');
    await master.run('kubectl delete node node1');
    const line = await master.run('kubeadm token create --print-join-command');
    const [, created = ''] = /--token (\S+)/.exec(line) ?? [];
    const list = rowsOf(await master.run('kubeadm token list'));
    assert.deepEqual(list.map(([listed]) => listed).sort(), [join.token, created].sort());
    await node1.run(line);
    await isJoined(master);
  });

  for (const kubectl of kubectlOrigins) {
    test(`taints keep away pods that do not tolerate them (kubectl: ${kubectl})`, async () => {
      const shell = walkthrough.inMachine('master', { kubectl });
      const statusOf = async (name: string): Promise<string | undefined> =>
        rowsOf(await shell.run(`kubectl get pod ${name} -o wide`))[0]?.[2];
      const taints = async (): Promise<string | undefined> =>
        /^Taints: +(.*)$/m.exec(await shell.run('kubectl describe node node1'))?.[1];

      assert.equal(await shell.run('kubectl taint nodes node1 foo=bar:NoSchedule'), 'node/node1 tainted\n');
      assert.equal(await taints(), 'foo=bar:NoSchedule');
      await shell.run(
        'kubectl create -f examples/tolerations-equal.yaml -f examples/tolerations-exists.yaml -f examples/pod.yaml',
      );
      await eventually(async () => {
        assert.equal(await statusOf('tolerations-equal'), 'Running');
        assert.equal(await statusOf('tolerations-exists'), 'Running');
        const refused = await shell.run('kubectl describe -f examples/pod.yaml');
        assert.match(refused, /^Status: +Pending$/m);
        assert.match(refused, /FailedScheduling .* 0\/2 nodes are available: 2 node\(s\) had untolerated taint/);
      });
      assert.equal(await shell.run('kubectl taint nodes node1 foo-'), 'node/node1 untainted\n');
      assert.equal(await taints(), '<none>');
      const [pod = ''] = (await shell.run('kubectl get -f examples/pod.yaml -o name')).trim().split('\n');
      await eventually(async () => assert.equal(await statusOf(pod.replace('pod/', '')), 'Running'));

      // Running pods are left alone.
      await shell.run('kubectl taint nodes node1 foo=bar:NoSchedule');
      assert.equal(await statusOf(pod.replace('pod/', '')), 'Running');
      await shell.run('kubectl taint nodes node1 foo:NoSchedule-');
      await shell.run('kubectl delete pods --all');
    });
  }
});
