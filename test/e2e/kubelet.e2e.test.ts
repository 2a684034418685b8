import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Event, Node, Pod } from '@typernetes/api/core/v1';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { testContainers } from './conformance/containers.ts';
import { testLifecycles } from './conformance/lifecycles.ts';
import { testNetwork } from './conformance/network.ts';
import { testInClusterClient } from './in-cluster-client.ts';
import { testStreams } from './kubectl-streams.ts';

const cluster = 'kubelet';
const machine = `${cluster}-control-plane`;
const kubeletPid = `pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet '`;

describe('the kubelet', () => {
  let all: Walkthrough;
  let host: Shell;
  let node: Shell;

  before(async () => {
    all = await openWalkthrough();
    const config = join(import.meta.dirname, 'quick-kubelet.yaml');
    await all.typernetes.run('cluster', 'create', cluster, '--workers', '0', '--config', config);
    host = all.onHost(cluster, { kubectl: 'upstream' });
    node = all.inMachine(machine);
    await host.run('kubectl taint nodes --all node-role.kubernetes.io/control-plane-');
    await host.run('kubectl apply -f -', {
      input: readFileSync(join(import.meta.dirname, 'kubelet-pods.yaml'), 'utf8'),
    });
  });
  after(() => all.close());

  const podNamed = async (name: string): Promise<Pod> => JSON.parse(await host.run(`kubectl get pod ${name} -o json`));
  const eventsOf = async (name: string): Promise<readonly string[]> => {
    const text = await host.run(`kubectl get events --field-selector involvedObject.name=${name} -o json`);
    return (JSON.parse(text).items as Event[]).map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  };
  const untilReady = (name: string): Promise<string> =>
    host.run(`kubectl wait --for=condition=Ready --timeout=180s pod/${name}`);
  const inPod = (script: string): Promise<string> => host.run(`kubectl exec full -c main -- sh -c '${script}'`);
  const some = (lines: readonly string[], pattern: RegExp): void =>
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern} in\n${lines.join('\n')}`,
    );

  test('starts init containers in order and runs hooks', async () => {
    await untilReady('full');
    // The entrypoint and the hook run in parallel, and events are written in the background.
    await eventually(async () => {
      assert.equal(await inPod('cat /scratch/order /scratch/poststart'), 'i1\ni2\nmain\nps\n');
      const events = await eventsOf('full');
      some(events, /^Normal Pulling Pulling image "busybox"$/);
      some(
        events,
        /^Normal Pulled Successfully pulled image "busybox" in .+ \(.+ including waiting\)\. Image size: \d+ bytes\.$/,
      );
      for (const text of ['Normal Created Container created', 'Normal Started Container started'])
        assert.ok(events.includes(text), text);
    });
  });

  test('follows the rules for sidecars, restarts, resizes and admission', async () => {
    const rules = readFileSync(join(import.meta.dirname, 'kubelet-rules.yaml'), 'utf8');
    await host.run('kubectl apply -f -', { input: rules });
    await host.run('kubectl wait --for=condition=Complete --timeout=180s job/with-sidecar');
    await untilReady('resizable');
    const resources = { containers: [{ name: 'main', resources: { limits: { cpu: '200m' } } }] };
    await host.run(`kubectl patch pod resizable --subresource resize --patch '${JSON.stringify({ spec: resources })}'`);
    await eventually(async () => {
      const { containerStatuses: [main] = [] } = (await podNamed('resizable')).status ?? {};
      assert.equal(main?.resources?.limits?.cpu, '200m');
      assert.equal(main?.restartCount, 0);
    });
    const quota = 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null || true';
    assert.match(await host.run(`kubectl exec resizable -- sh -c '${quota}'`), /^20000\b/);
    await untilReady('resizable-whole');
    const whole = { resources: { limits: { cpu: '300m' } } };
    await host.run(
      `kubectl patch pod resizable-whole --subresource resize --patch '${JSON.stringify({ spec: whole })}'`,
    );
    await eventually(async () => {
      const { metadata, status } = await podNamed('resizable-whole');
      assert.deepEqual([status?.resources?.limits?.cpu, status?.allocatedResources?.cpu], ['300m', '100m']);
      const group = `/sys/fs/cgroup/cpu/kubepods/burstable/pod${metadata.uid}/cpu.cfs_quota_us`;
      assert.equal(await node.run(`cat ${group}`), '30000\n');
    });
    await eventually(async () =>
      some(await eventsOf('resizable-whole'), /^Normal ResizeCompleted Pod resize completed: \{"resources":/),
    );
    await eventually(async () => {
      const { phase, containerStatuses: [main] = [] } = (await podNamed('ruled')).status ?? {};
      assert.deepEqual([phase, main?.restartCount], ['Succeeded', 1]);
    });
    assert.match(await host.run('kubectl get pod too-big'), /^too-big +0\/1 +OutOfcpu +0 /m);
    await host.run(
      'kubectl delete job/with-sidecar pod/resizable pod/resizable-whole pod/ruled pod/too-big --wait=false',
    );
  });

  test('sets environment variables from every possible source', async () => {
    const { nodeName } = (await podNamed('full')).spec ?? {};
    const { podIP, hostIP } = (await podNamed('full')).status ?? {};
    const environment = new Set((await inPod('env')).split('\n'));
    for (const line of [
      'PLAIN=v',
      'REF=v-$(NOPE)-$(PLAIN)',
      'CM=alpha',
      'SEC=s3cret',
      'POD=full',
      `PODIP=${podIP}`,
      `HOSTIP=${hostIP}`,
      `NODE=${nodeName}`,
      'SA=default',
      'LABEL=full',
      'CPULIM=1',
      'MEMREQ=32',
      'P_a=alpha',
      'pw=s3cret',
      'KUBERNETES_SERVICE_PORT=443',
    ])
      assert.ok(environment.has(line), line);
    assert.ok(![...environment].some((line) => line.startsWith('OPT=')));
  });

  test('mounts volumes of all kinds', async () => {
    assert.equal(
      await inPod('cat /cm/sub/a /cm/file.txt /sub/file.txt /sec/pw /proj/pw /proj/name'),
      'alphahello\nhello\ns3crets3cretfull',
    );
    assert.match(await inPod('stat -L -c %a /cm/file.txt /sec/pw; df -k /mem | tail -1'), /^400\n400\ntmpfs +8192 /);
    assert.match(await inPod('cat /down/labels'), /^app="full"$/);
    assert.match(await inPod('cat /image/usr/share/nginx/html/index.html'), /<html/i);
    assert.equal(
      await inPod('ls -d /image-part/html; touch /image/etc/new 2>/dev/null || echo read-only'),
      '/image-part/html\nread-only\n',
    );
    some(await eventsOf('full'), /^Normal Pulling Pulling image "nginx"$/);
    const [, claims = ''] = (await inPod('cat /proj/token')).split('.');
    const token = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.deepEqual([token.aud, token.sub], [['x'], 'system:serviceaccount:default:default']);
  });

  test('sets requests and limits in cgroups', async () => {
    const { uid } = (await podNamed('full')).metadata;
    const files = ['cpu/%/cpu.shares', 'cpu/%/cpu.cfs_quota_us', 'memory/%/memory.limit_in_bytes', 'pids/%/pids.max'];
    const paths = files.map((file) => `/sys/fs/cgroup/${file.replace('%', `kubepods/burstable/pod${uid}`)}`);
    assert.equal(await node.run(`cat ${paths.join(' ')}`), '102\n50000\n67108864\n2000\n');
    assert.equal(await node.run('cat /sys/fs/cgroup/cpu/kubepods/besteffort/cpu.shares'), '2\n');
    assert.match(await node.run('cat /sys/fs/cgroup/pids/kubepods/pids.max'), /^\d+\n$/, 'of all pods together');
  });

  test('says why containers do not run', async () => {
    await eventually(async () => {
      const status = (await podNamed('missing')).status?.containerStatuses?.[0];
      assert.equal(status?.state?.waiting?.reason, 'ImagePullBackOff');
      assert.match(
        status?.state?.waiting?.message ?? '',
        /^Back-off pulling image "busybox:nosuch": ErrImagePull: rpc error: code = NotFound /,
      );
    });
    await eventually(async () => {
      const missing = await eventsOf('missing');
      some(
        missing,
        /^Warning Failed Failed to pull image "busybox:nosuch": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io\/library\/busybox:nosuch"/,
      );
      for (const text of [
        'Warning Failed Error: ErrImagePull',
        'Normal BackOff Back-off pulling image "busybox:nosuch"',
        'Warning Failed Error: ImagePullBackOff',
      ])
        assert.ok(missing.includes(text), text);
    });
    await eventually(async () => {
      const status = (await podNamed('crash')).status?.containerStatuses?.[0];
      assert.equal(status?.state?.waiting?.reason, 'CrashLoopBackOff');
      const { exitCode, reason, message } = status?.lastState?.terminated ?? {};
      assert.deepEqual([exitCode, reason, message], [3, 'Error', 'last words\n']);
    });
  });

  test('ends pods for good as their policies say', async () => {
    for (const [name, phase, reason, state] of [
      ['fallback', 'Failed', undefined, [3, 'Error', 'from the log']],
      ['oom', 'Failed', undefined, [137, 'OOMKilled', undefined]],
      ['deadline', 'Failed', 'DeadlineExceeded', [137, 'Error', undefined]],
    ] as const) {
      await eventually(async () => {
        const { status } = await podNamed(name);
        assert.deepEqual([status?.phase, status?.reason], [phase, reason]);
        const { exitCode, reason: why, message } = status?.containerStatuses?.[0]?.state?.terminated ?? {};
        assert.deepEqual([exitCode, why, message], state);
      });
    }
  });

  test('probes over HTTP, TCP and by commands', async () => {
    await untilReady('hostnet');
    // The status shows the back-off for a few seconds only; its event stays.
    await eventually(async () => {
      const status = (await podNamed('badlive')).status?.containerStatuses?.[0];
      assert.ok((status?.restartCount ?? 0) >= 2);
      const seen = await eventsOf('badlive');
      some(seen, /^Warning BackOff Back-off restarting failed container c in pod badlive_/);
      some(seen, /^Warning Unhealthy Liveness probe failed: cat: can't open '\/nosuch': No such file or directory/);
      some(seen, /^Normal Killing Container c failed liveness probe, will be restarted$/);
    });
  });

  test('serves logs', async () => {
    assert.match(await host.run('kubectl logs full -c main --tail=2'), /^line \d+\nline \d+\n$/);
    assert.match(
      await host.run('kubectl logs full -c main --timestamps --tail=1'),
      /^\d{4}-\d\d-\d\dT[\d:.]+Z line \d+\n$/,
    );
    const recent = (await host.run('kubectl logs full -c main --since=3s')).trim().split('\n').length;
    const ever = (await host.run('kubectl logs full -c main')).trim().split('\n').length;
    assert.ok(recent < ever, `${recent} of ${ever} lines`);
    await eventually(async () => assert.equal(await host.run('kubectl logs crash --previous'), 'boo\n'));
    const following = host.start('exec kubectl logs -f --tail=1 full -c main');
    const seen = await following.until(/(.*\n){3}/);
    following.child.kill();
    await following.outcome;
    const numbers = [...seen.matchAll(/line (\d+)/g)].map(([, n]) => Number(n));
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => (numbers[0] ?? 0) + i),
    );
  });

  test('reports the usage of its pods', async () => {
    const ask = (path: string): Promise<string> => host.run(`kubectl get --raw /api/v1/nodes/${machine}/proxy/${path}`);
    const { uid } = (await podNamed('full')).metadata;
    const families = (await ask('metrics/cadvisor')).split('\n').filter((line) => line.includes('pod="full"'));
    const own = `container="main",id="/kubepods/burstable/pod${uid}/`;
    for (const [family, labels, value] of [
      ['container_spec_cpu_quota', own, '50000'],
      ['container_spec_memory_limit_bytes', own, '67108864'],
      ['container_memory_cache', own, '\\d+'],
      ['container_cpu_cfs_periods_total', own, '[1-9]\\d*'],
      ['container_threads', own, '[1-9]\\d*'],
      ['container_network_receive_bytes_total', `container="",id="/kubepods/burstable/pod${uid}"`, '\\d+'],
    ])
      some(families, new RegExp(`^${family}\\{${labels}.*\\} ${value} `));
    const { node, pods } = JSON.parse(await ask('stats/summary')) as {
      node: { systemContainers: { name: string; memory: { workingSetBytes: number } }[] };
      pods: { podRef: { name: string }; network?: { name: string }; process_stats?: { process_count: number } }[];
    };
    const full = pods.find(({ podRef }) => podRef.name === 'full');
    assert.equal(full?.network?.name, 'eth0');
    const all = node.systemContainers.find(({ name }) => name === 'pods');
    assert.ok((all?.memory.workingSetBytes ?? 0) > 0, JSON.stringify(node));
    assert.ok((full?.process_stats?.process_count ?? 0) >= 1);
    some(
      (await ask('metrics/probes')).split('\n'),
      /^prober_probe_duration_seconds_count\{container="main",.*pod="full",probe_type="Readiness"\} [1-9]/,
    );
  });

  test("has upstream's metrics about its work and itself", async () => {
    const ask = (path: string): Promise<string> => host.run(`kubectl get --raw /api/v1/nodes/${machine}/proxy/${path}`);
    const lines = (await ask('metrics')).split('\n');
    for (const series of [
      'kubelet_running_pods',
      'kubelet_node_name\\{node="[^"]+"\\}',
      'kubelet_started_pods_total',
      'kubelet_runtime_operations_total\\{operation_type="start_container"\\}',
      'kubelet_pod_worker_duration_seconds_count\\{operation_type="sync"\\}',
      'kubelet_pod_start_duration_seconds_count',
      'kubelet_cgroup_manager_duration_seconds_count\\{operation_type="create"\\}',
      'kubelet_http_requests_total\\{.*path="metrics.*',
      'storage_operation_duration_seconds_count\\{.*operation_name="volume_mount".*',
    ])
      some(lines, new RegExp(`^${series} [1-9]`));
    some((await ask('statusz')).split('\n'), /^kubelet statusz$/);
    some((await ask('flagz')).split('\n'), /^config=\/var\/lib\/kubelet\/config\.yaml$/);
    assert.equal(await ask('healthz/syncloop'), 'ok');
    assert.match(await ask('debug/pprof/goroutine?debug=1'), /^goroutine profile: total [1-9]/);
    assert.match(await ask('debug/pprof/heap?debug=1'), /\n# heapUsed = \d+\n/);
    some((await ask('metrics/slis')).split('\n'), /^kubernetes_healthcheck\{name="syncloop",type="healthz"\} 1$/);
  });

  test('supports exec, attach and port-forward', async () => {
    assert.equal(await host.run('echo typed | kubectl exec -i full -c main -- cat'), 'typed\n');
    assert.equal((await host.attempt('kubectl exec full -c main -- sh -c "exit 7"')).exitCode, 7);
    assert.match(
      await host.run("script -qec 'kubectl exec -it full -c main -- tty' /dev/null </dev/null"),
      /\/dev\/pts\/\d/,
    );
    const attached = host.start('exec kubectl attach full -c main');
    const first = await attached.until(/\n/);
    attached.child.kill();
    await attached.outcome;
    assert.match(first, /line \d+/);
    const forward = host.start('exec kubectl port-forward pod/hostnet :80');
    const text = await forward.until(/\n/);
    const [, port] = /127\.0\.0\.1:(\d+) -> 80/.exec(text) ?? [];
    assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /<html/i);
    forward.child.kill();
    await forward.outcome;
  });

  testStreams((kubectl) => all.onHost(cluster, { kubectl }));
  testInClusterClient({ all: () => all, machine, host: () => host });

  const place = { host: () => host, node: () => node, machine };
  testContainers(place);
  testLifecycles(place);
  testNetwork(place);

  test('updates changed configuration in running pods', async () => {
    await host.run(`kubectl patch configmap cm --type=merge -p '{"data":{"a":"changed"}}'`);
    await eventually(async () => assert.equal(await inPod('cat /cm/sub/a /proj/a'), 'changedchanged'));
  });

  test('keeps one ended container of each, and its log', async () => {
    const { uid } = (await podNamed('crash')).metadata;
    await eventually(async () =>
      assert.ok(((await podNamed('crash')).status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2),
    );
    await eventually(async () => {
      const logs = (await node.run(`ls /var/log/pods/default_crash_${uid}/c`)).trim().split('\n');
      assert.ok(logs.length <= 2, logs.join(' '));
      // The directory in which log shippers look.
      const links = (await node.run('ls /var/log/containers | grep ^crash_default_c-')).trim().split('\n');
      assert.equal(links.length, logs.length, links.join(' '));
    });
  });

  test('that is killed loses, restarts and duplicates nothing', async () => {
    const lives = async (): Promise<readonly string[]> => {
      const { items } = JSON.parse(await host.run('kubectl get pods -A -o json')) as { items: Pod[] };
      const steady = items.filter(
        ({ metadata }) => metadata.namespace === 'kube-system' || ['full', 'hostnet'].includes(metadata.name),
      );
      return steady
        .flatMap(({ status }) => status?.containerStatuses ?? [])
        .map(({ containerID, restartCount, ready }) => `${containerID} ${restartCount} ${ready}`)
        .sort();
    };
    // Leaves out forks that are about to exec another program, and `umount` processes that clean up after ended pods,
    // because the arguments of those contain the same directories.
    const processes = async (): Promise<readonly string[]> => {
      const text = await node.run('ps -e -o pid=,ppid=,args= | grep -E "[n]ginx: master|[k]ube-|[c]luster-dns"');
      const rows = [...text.matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)].map(([, pid, parent, args]) => ({
        pid,
        parent,
        args,
      }));
      const isCopy = (row: (typeof rows)[number]): boolean =>
        rows.some(({ pid, args }) => pid === row.parent && args === row.args);
      return rows
        .filter((row) => !isCopy(row) && !row.args?.startsWith('umount '))
        .map(({ pid, args }) => `${pid} ${args}`);
    };
    const [livesBefore, processesBefore] = [await lives(), await processes()];
    for (let time = 0; time < 3; time++) {
      const pid = await node.run(kubeletPid);
      await node.run(`kill -9 ${pid}`);
      await eventually(async () => assert.notEqual(await node.run(kubeletPid), pid));
    }
    await eventually(() => node.run('curl -sf http://127.0.0.1:10248/healthz'));
    // The new kubelet has reconciled everything once it serves running containers.
    await eventually(() => host.run('kubectl logs full -c main --tail=1'));
    await eventually(async () => assert.deepEqual(await lives(), livesBefore));
    await eventually(async () => assert.deepEqual(await processes(), processesBefore));
    // It got its own certificate for the one in its kubeconfig on its first run, and has kept it since.
    assert.equal(await node.run('ls /var/lib/kubelet/pki | grep -c ^kubelet-client-2'), '1\n');
  });

  test('ends deleted pods gracefully and leaves nothing of them', async () => {
    await untilReady('full');
    const { uid } = (await podNamed('full')).metadata;
    await host.run('kubectl delete pod full --timeout=180s');
    assert.equal(await node.run('cat /tmp/kltest/prestop'), 'prestop\n');
    await eventually(async () => {
      const left = `ls -d /var/lib/kubelet/pods/${uid} /var/log/pods/*${uid}* /sys/fs/cgroup/*/kubepods/*/*${uid}* 2>/dev/null || true`;
      assert.equal(await node.run(left), '');
      for (const kept of ['containers', 'snapshots'])
        assert.equal(await node.run(`ctr -n k8s.io ${kept} list | grep -c ${uid} || true`), '0\n');
    });
  });

  test('removes the remains of deleted pods', async () => {
    await untilReady('hostnet');
    const { uid } = (await podNamed('hostnet')).metadata;
    await node.run('/etc/init.d/kubelet stop');
    await host.run('kubectl delete pod hostnet --force --grace-period=0');
    await node.run('pgrep -f "[n]ginx: master" && /etc/init.d/kubelet start');
    await eventually(async () => {
      const left = `ls -d /var/lib/kubelet/pods/${uid} /var/log/pods/*${uid}* /sys/fs/cgroup/*/kubepods/*/*${uid}* 2>/dev/null || true`;
      assert.equal(await node.run(left), '');
      assert.equal(await node.run('pgrep -f "[n]ginx: master" || true'), '');
    });
  });

  test('keeps its node alive', async () => {
    const renewed = (): Promise<string> =>
      host.run(`kubectl get lease -n kube-node-lease ${machine} -o jsonpath='{.spec.renewTime}'`);
    const first = await renewed();
    await eventually(async () => assert.notEqual(await renewed(), first));
    const { status } = JSON.parse(await host.run(`kubectl get node ${machine} -o json`)) as Node;
    assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'KubeletReady');
  });
});
