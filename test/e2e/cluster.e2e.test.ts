/** Tests across the machines of a cluster, and of what its deletion leaves behind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { imageRepository, imageTag } from '@typernetes/base';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { hostNetwork, noTraces, tracesOf } from './host-traces.ts';

const workers = ['c-worker', 'c-worker2'];

/** A server that answers with its name, over HTTP and UDP. */
const speaker = `
const name = require("node:os").hostname();
require("node:http").createServer((_, response) => response.end(name)).listen(8080);
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (_, { port, address }) => socket.send(name, port, address)).bind(8081);
`;
const ask = {
  http: 'fetch("http://" + process.argv[1] + ":8080").then(async (r) => console.log(await r.text()))',
  // Lost datagrams are sent again; a client without an answer for half a minute fails.
  udp: `const socket = require("node:dgram").createSocket("udp4");
    socket.on("message", (name) => { console.log(String(name)); process.exit(); });
    setInterval(() => socket.send("hostName", 8081, process.argv[1]), 200);
    setTimeout(() => process.exit(1), 30_000);`,
};
/** An image with Node that every machine has. */
const image = `${imageRepository}/kube-proxy:${imageTag}`;
const node = '/usr/local/lib/typernetes/node';

/**
 * A web server, a client, a speaker, and a speaker in the host network, one of each per machine; a Deployment whose
 * pods leave lost machines soon, and two types of Service for it.
 */
const manifests = `
${workers
  .map(
    (worker, i) => `
apiVersion: v1
kind: Pod
metadata: {name: server-${i}}
spec: {nodeName: ${worker}, containers: [{name: nginx, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client-${i}}
spec:
  nodeName: ${worker}
  terminationGracePeriodSeconds: 0
  containers: [{name: busybox, image: busybox, command: [sleep, "36000"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: speaker-${i}}
spec:
  nodeName: ${worker}
  terminationGracePeriodSeconds: 0
  containers: [{name: node, image: "${image}", command: [${node}, -e, ${JSON.stringify(speaker)}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: machine-${i}}
spec:
  nodeName: ${worker}
  hostNetwork: true
  terminationGracePeriodSeconds: 0
  containers: [{name: node, image: "${image}", command: [${node}, -e, "setInterval(() => {}, 60_000)"]}]
---`,
  )
  .join('')}
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: nginx}]
      tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
      - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
`;

/** A stub domain, whose name server is in the cluster as well. */
const stubDomain = `consul.local:53 {
    errors
    cache 30
    forward . 127.0.0.1:1053
}
consul.local:1053 {
    hosts {
        10.150.0.7 web.consul.local
    }
}
`;

describe('a cluster', () => {
  const networkBefore = hostNetwork();
  let walkthrough: Walkthrough;
  let host: Shell;

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.typernetes.run('cluster', 'create', 'c', '--workers', '2', '--config', 'examples/kubeadm.yaml');
    host = walkthrough.onHost('c', { kubectl: 'upstream' });
    await host.run('kubectl apply -f -', { input: manifests });
    await host.run('kubectl rollout status deployment/web --timeout=180s');
    await host.run('kubectl wait --for=condition=Ready pods --all --timeout=180s');
  });
  after(() => walkthrough?.close());

  const get = async (what: string, path: string): Promise<string> =>
    host.run(`kubectl get ${what} -o jsonpath='${path}'`);

  // Nodes update mounted volumes after a while: the effect is tested further below.
  test('accepts changes to its Corefile', async () => {
    const corefile = await host.run("kubectl -n kube-system get configmap coredns -o jsonpath='{.data.Corefile}'");
    assert.match(corefile, /^\.:53 \{\n[\s\S]* {4}reload\n {4}loadbalance\n\}\n/);
    const Corefile = `${corefile.replace('reload\n', 'reload 2s\n')}${stubDomain}`;
    const metadata = { name: 'coredns', namespace: 'kube-system' };
    const edited = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile } };
    await host.run('kubectl replace -f -', { input: JSON.stringify(edited) });
  });

  for (const name of ['127.0.0.1', 'localhost'])
    test(`has a certificate that is valid for ${name}, for clients that cannot be told to expect another name`, async () => {
      const cluster = (field: string): Promise<string> =>
        host.run(`kubectl config view --raw -o jsonpath='{.clusters[0].cluster.${field}}'`);
      const { port } = new URL(await cluster('server'));
      const ca = Buffer.from(await cluster('certificate-authority-data'), 'base64');
      const socket = connect({ host: name, port: Number(port), ca });
      await once(socket, 'secureConnect');
      assert.ok(socket.authorized);
      socket.destroy();
    });

  for (const [client, server] of [
    [0, 1],
    [1, 0],
  ]) {
    test(`lets a pod of ${workers[client ?? 0]} reach the other machine in every way`, async () => {
      const podIP = await get(`pod server-${server}`, '{.status.podIP}');
      const clusterIP = await get('service web', '{.spec.clusterIP}');
      for (const target of [podIP, clusterIP, 'web', 'web.default.svc.cluster.local']) {
        await eventually(async () => {
          const page = await host.run(`kubectl exec client-${client} -- wget -q -O- http://${target}`);
          assert.match(page, /Welcome to nginx/, target);
        });
      }
      const answer = await host.run(`kubectl exec client-${client} -- nslookup kubernetes.default.svc.cluster.local`);
      assert.match(answer, /10\.96\.0\.1$/m);
    });
  }

  for (const [whence, from] of [
    ['intra-pod', 'speaker'],
    ['node-pod', 'machine'],
  ])
    for (const [protocol, script] of Object.entries(ask))
      test(`Networking Granular Checks: Pods should function for ${whence} communication: ${protocol}`, async () => {
        for (const client of [0, 1])
          for (const server of [0, 1]) {
            const ip = await get(`pod speaker-${server}`, '{.status.podIP}');
            const heard = await host.run(`kubectl exec ${from}-${client} -- ${node} -e '${script}' ${ip}`);
            assert.equal(heard, `speaker-${server}\n`, `${from}-${client}`);
          }
      });

  test('answers on the node port of every machine', async () => {
    const fetchPage = 'fetch(process.argv[1]).then(async (r) => console.log(await r.text()))';
    for (const name of ['c-control-plane', ...workers]) {
      const address = await get(`node ${name}`, '{.status.addresses[0].address}');
      const page = await walkthrough
        .inMachine('c-control-plane')
        .run(`${node} -e '${fetchPage}' http://${address}:30080`);
      assert.match(page, /Welcome to nginx/, name);
    }
  });

  test('replaces the pods of a machine that lost its power, and accepts the machine again', async () => {
    const [lost = '', other = ''] =
      (await get('pod -l app=web', '{.items[0].spec.nodeName}')) === workers[0] ? workers : workers.toReversed();
    await walkthrough.typernetes.run('machine', 'stop', lost, '--force');
    await eventually(async () => {
      assert.match(await host.run(`kubectl get node ${lost}`), / NotReady /);
      const ready =
        "{range .items[?(@.status.phase=='Running')]}{.spec.nodeName} {.metadata.deletionTimestamp}{'\\n'}{end}";
      const rows = (await host.run(`kubectl get pods -l app=web -o jsonpath="${ready}"`)).split('\n');
      assert.equal(rows.filter((row) => row.trim() === other).length, 2, rows.join());
    });
    await walkthrough.typernetes.run('machine', 'start', lost);
    await host.run(`kubectl wait --for=condition=Ready --timeout=180s node/${lost}`);
    // Pods that were replaced do not come back, and pods that stayed are ready again.
    await eventually(async () => {
      assert.equal((await host.run('kubectl get pods -l app=web -o name')).trim().split('\n').length, 2);
    });
    await host.run('kubectl wait --for=condition=Ready pods --all -A --timeout=180s');
  });

  test('asks the name servers of stub domains added to its Corefile', async () => {
    await eventually(async () => {
      const answer = await host.run('kubectl exec client-0 -- nslookup web.consul.local');
      assert.match(answer, /10\.150\.0\.7$/m);
    });
    const logged = await host.run('kubectl -n kube-system logs -l k8s-app=kube-dns --tail=-1');
    assert.match(logged, /^\[INFO\] plugin\/reload: Running configuration SHA512 = [0-9a-f]{128}$/m);
  });

  test('leaves no trace', async () => {
    await walkthrough.typernetes.run('cluster', 'delete', 'c');
    await eventually(() => assert.deepEqual(tracesOf(walkthrough.home), noTraces));
    assert.equal(hostNetwork(), networkBefore);
  });

  for (const delay of [700, 3000, 8000]) {
    test(`leaves no trace when its creation is killed after ${delay} ms`, async () => {
      const creating = walkthrough.typernetes.start('cluster', 'create', 'cut-off');
      setTimeout(() => creating.child.kill('SIGKILL'), delay);
      await creating.outcome;
      await walkthrough.typernetes.run('cluster', 'delete', 'cut-off');
      await eventually(() => assert.deepEqual(tracesOf(walkthrough.home), noTraces));
      assert.equal(hostNetwork(), networkBefore);
    });
  }
});
