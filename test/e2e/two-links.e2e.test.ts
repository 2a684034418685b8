/** A cluster on machines on two links that a router joins; the router drops packets with addresses of pods. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { instanceName } from '@typernetes/machine';
import { networkAddon } from '../../tools/network-addon.ts';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { hostNetwork, noTraces, tracesOf } from './host-traces.ts';
import { differences, noDifferences, tracesInMachine } from './machine-traces.ts';
import { onlyClients, servingPod, strictRouter } from './two-links.ts';

const admin = 'export KUBECONFIG=/etc/kubernetes/admin.conf; ';
const machines = { 'l-control': 0, 'l-near': 0, 'l-far': 1 } as const;
const pods = ['control', 'near', 'far'] as const;
type PodName = (typeof pods)[number];

describe('nodes on two links', () => {
  const networkBefore = hostNetwork();
  let walkthrough: Walkthrough;
  let control: Shell;
  let near: Shell;
  let far: Shell;
  let farBefore: readonly string[] = [];

  before(async () => {
    walkthrough = await openWalkthrough();
    for (const [name, link] of Object.entries(machines))
      await walkthrough.typernetes.run('machine', 'create', name, `--link=${link}`);
    [control, near, far] = Object.keys(machines).map((name) => walkthrough.inMachine(name)) as [Shell, Shell, Shell];
    execFileSync('ip', ['netns', 'exec', instanceName(walkthrough.home), 'nft', '-f', '-'], { input: strictRouter });
    farBefore = await tracesInMachine(far);
    for (const name of Object.keys(machines)) {
      const ips = (await walkthrough.inMachine(name).run("ip -o addr show dev eth0 scope global | awk '{print $4}'"))
        .trim()
        .split('\n')
        .map((range) => range.split('/')[0]);
      walkthrough.write(name, '/etc/default/kubelet', `KUBELET_EXTRA_ARGS=--node-ip=${ips.join()}\n`);
    }
    walkthrough.write('l-control', '/root/init.yaml', dualStack);
    walkthrough.write('l-control', '/root/network.yaml', networkAddon());
    await control.run('kubeadm init --config init.yaml');
    await kubectl('apply -f network.yaml');
    await join(near);
  });
  after(() => walkthrough?.close());

  const kubectl = (line: string): Promise<string> => control.run(`${admin}kubectl ${line}`);
  const inPod = (pod: PodName, script: string): Promise<string> => kubectl(`exec ${pod} -- sh -c '${script}'`);
  const valuesOf = async (what: string, path: string): Promise<string[]> =>
    (await kubectl(`get ${what} -o jsonpath='${path}'`)).trim().split(/\s+/);
  const addressesOf = (pod: PodName): Promise<string[]> => valuesOf(`pod ${pod}`, '{.status.podIPs[*].ip}');
  const asHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);
  const rolledOut = (): Promise<string> =>
    kubectl('-n kube-system rollout status daemonset/typernetes-network --timeout=180s');

  async function join(machine: Shell): Promise<void> {
    await machine.run((await control.run(`${admin}kubeadm token create --print-join-command`)).trim());
  }
  async function start(...names: PodName[]): Promise<void> {
    walkthrough.write('l-control', '/root/pods.yaml', names.map(servingPod).join(''));
    await kubectl('apply -f pods.yaml');
    await kubectl(`wait --for=condition=Ready --timeout=180s ${names.map((name) => `pod/${name}`).join(' ')}`);
  }
  /** A page, and a body of which no packet is small, from one pod to another. */
  async function assertReaches(from: PodName, to: PodName): Promise<void> {
    const sum = await inPod(to, 'md5sum </www/large');
    for (const address of await addressesOf(to)) {
      assert.equal(await inPod(from, `wget -q -O- http://${asHost(address)}`), `this is ${to}\n`);
      assert.equal(
        await inPod(from, `wget -q -O- http://${asHost(address)}/large | md5sum`),
        sum,
        `${from} to ${address}`,
      );
    }
  }
  const mtuOf = async (pod: PodName): Promise<string> => (await inPod(pod, 'cat /sys/class/net/eth0/mtu')).trim();
  const routesOf = async (machine: Shell): Promise<string> =>
    machine.run('ip route show proto 86; ip -6 route show proto 86');
  const devicesOf = async (machine: Shell): Promise<{ ifname: string; ifindex: number; mtu: number }[]> =>
    JSON.parse(await machine.run('ip -json link show')).filter((link: { ifname: string }) => /-vx/.test(link.ifname));

  test('on one link, nothing is wrapped', async () => {
    await start('near');
    await eventually(async () => assert.match(await routesOf(near), / via 172\.30\.0\.\d+ dev eth0/));
    assert.deepEqual([await devicesOf(near), await mtuOf('near')], [[], '1500']);
  });

  test('a node on another link is reached through VXLAN, its neighbours directly', async () => {
    await join(far);
    await start('control', 'far');
    await eventually(async () => {
      const routes = await routesOf(near);
      for (const route of [
        /^10\.244\.\d+\.0\/24 via 172\.30\.0\.\d+ dev eth0/m,
        /^10\.244\.\d+\.0\/24 via 10\.244\.\d+\.0 dev typernetes-vx4 onlink/m,
        /^fd00:10:244[\w:]*\/64 via fd00:30::\w+ dev eth0/m,
        /^fd00:10:244[\w:]*\/64 via fe80:[\w:]* dev typernetes-vx6/m,
      ])
        assert.match(routes, route);
      assert.doesNotMatch(await routesOf(far), /dev eth0/);
      assert.match(await routesOf(control), /typernetes-vx4[\s\S]*typernetes-vx6/);
    });
    assert.deepEqual(
      (await devicesOf(far)).map(({ ifname, mtu }) => [ifname, mtu]),
      [
        ['typernetes-vx4', 1450],
        ['typernetes-vx6', 1430],
      ],
    );
    // The pod from before has larger packets: the node tells it what fits.
    assert.deepEqual([await mtuOf('far'), await mtuOf('near')], ['1430', '1500']);
  });

  for (const [from, to] of [
    ['far', 'near'],
    ['near', 'far'],
    ['far', 'control'],
    ['near', 'control'],
  ] as const)
    test(`pods: ${from} reaches ${to}, by small packets and large ones`, () =>
      eventually(() => assertReaches(from, to)));

  test('Services, node ports and names', async () => {
    for (const [from, to] of [
      ['far', 'near'],
      ['near', 'far'],
    ] as const)
      for (const address of await valuesOf(`service ${to}`, '{.spec.clusterIPs[*]}'))
        await eventually(async () =>
          assert.equal(await inPod(from, `wget -q -O- http://${asHost(address)}`), `this is ${to}\n`),
        );
    assert.equal(await inPod('far', 'wget -q -O- http://near.default.svc.cluster.local'), 'this is near\n');
    const [port] = await valuesOf('service near', '{.spec.ports[0].nodePort}');
    // What a node sends itself has the address of its VXLAN device, so that answers come back by it.
    for (const address of await valuesOf('node l-far', '{.status.addresses[?(@.type=="InternalIP")].address}'))
      for (const machine of [far, control])
        await eventually(async () =>
          assert.equal(await machine.run(`curl -sS --max-time 5 http://${asHost(address)}:${port}`), 'this is near\n'),
        );
  });

  test('policies hold for pods elsewhere', async () => {
    walkthrough.write('l-control', '/root/policy.yaml', onlyClients);
    await kubectl('apply -f policy.yaml');
    const addresses = await addressesOf('near');
    const asked = async (address: string): Promise<string> =>
      (await inPod('far', `timeout 3 wget -q -O- http://${asHost(address)} || echo silence`)).trim();
    await eventually(async () => {
      for (const address of addresses) assert.equal(await asked(address), 'silence');
    });
    await kubectl('label pod far client=yes');
    await eventually(async () => {
      for (const address of addresses) assert.equal(await asked(address), 'this is near');
    });
    await kubectl('delete networkpolicy only-clients');
  });

  test('a new agent interrupts nothing', async () => {
    const before = await devicesOf(far);
    const counting =
      'n=0; while [ ! -e /tmp/stop ]; do wget -q -O- http://$0 >/dev/null || exit 1; n=$((n+1)); done; echo $n';
    const [address = ''] = await addressesOf('near');
    const client = control.start(`${admin}kubectl exec far -- sh -c '${counting}' ${address}`);
    // Also while it takes every device for its own.
    const watched = far.start('exec timeout 600 ip monitor link address route');
    await kubectl('-n kube-system rollout restart daemonset/typernetes-network');
    await rolledOut();
    await inPod('far', 'touch /tmp/stop');
    const { exitCode, stdout, stderr } = await client.outcome;
    assert.equal(exitCode, 0, stderr);
    assert.ok(Number(stdout) > 0, stdout);
    watched.child.kill();
    assert.doesNotMatch((await watched.outcome).stdout, /typernetes-vx|proto 86/);
    assert.deepEqual(await devicesOf(far), before);
  });

  test('the router has seen no address of a pod', () => {
    const rules = execFileSync('ip', ['netns', 'exec', instanceName(walkthrough.home), 'nft', 'list', 'ruleset'], {
      encoding: 'utf8',
    });
    assert.equal(rules.match(/counter packets 0 bytes 0 drop/g)?.length, 4, rules);
  });

  test('wraps everything when told so', async () => {
    await kubectl('-n kube-system create configmap typernetes-network --from-literal=vxlan-mode=Always');
    await kubectl('-n kube-system rollout restart daemonset/typernetes-network');
    await rolledOut();
    await eventually(async () => assert.doesNotMatch(await routesOf(near), /dev eth0/));
    await eventually(() => assertReaches('near', 'control'));
    await kubectl('-n kube-system delete configmap typernetes-network');
    await kubectl('-n kube-system rollout restart daemonset/typernetes-network');
    await rolledOut();
  });

  test('nothing is left of a node that leaves', async () => {
    await kubectl('delete pod far');
    await kubectl('delete node l-far');
    await far.run('kubeadm reset --force && rm /etc/default/kubelet');
    assert.deepEqual(differences(farBefore, await tracesInMachine(far)), noDifferences);
    await eventually(async () => {
      assert.deepEqual(await devicesOf(near), []);
      assert.doesNotMatch(await routesOf(near), /-vx/);
    });
    await eventually(() => assertReaches('near', 'control'));
    await walkthrough.typernetes.run('machine', 'delete', ...Object.keys(machines));
    await eventually(() => assert.deepEqual(tracesOf(walkthrough.home), noTraces));
    assert.equal(hostNetwork(), networkBefore);
  });
});

const dualStack = `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 10.244.0.0/16,fd00:10:244::/56
  serviceSubnet: 10.96.0.0/16,fd00:10:96::/112
`;
