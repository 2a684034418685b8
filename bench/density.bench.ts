/**
 * A full node: `node bench/density.bench.ts [pods]`, by default 110 including those of the system. Fills the worker of
 * a new cluster with a Deployment and prints, as JSON, the time until all pods were Running, the kubelet's memory, and
 * the CPU time of kubelet and runtime over an idle minute. Needs root.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { openWalkthrough } from '../test/walkthrough/walkthrough.ts';
import { processorUse } from './processor-use.ts';

const full = Number(process.argv[2] ?? 110);
const worker = 'density-worker';
const idleSeconds = 60;
const deployment = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'full' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'full' } },
    template: {
      metadata: { labels: { app: 'full' } },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': worker },
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'sleep', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '100000'] },
        ],
      },
    },
  },
});

/**
 * Prints CPU time in ticks of 10 ms and resident memory in kB of the kubelet, of containerd, and of all shims together.
 */
const usage = `
sum() { ticks=0; rss=0; for pid in $1; do
  set -- $(sed 's/^.*) //' /proc/$pid/stat 2>/dev/null); [ $# -gt 13 ] || continue
  ticks=$((ticks + \${12} + \${13})); rss=$((rss + $(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status)))
done; echo $ticks $rss; }
sum "$(pgrep -f '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet ')"
sum "$(pgrep -x containerd)"
sum "$(pgrep -f containerd-shim)"`;

const walkthrough = await openWalkthrough();
try {
  await walkthrough.typernetes.run('cluster', 'create', 'density');
  const host = walkthrough.onHost('density', { kubectl: 'upstream' });
  const node = walkthrough.inMachine(worker);
  const onWorker = async (): Promise<readonly Pod[]> =>
    (
      JSON.parse(await host.run(`kubectl get pods -A --field-selector spec.nodeName=${worker} -o json`)) as {
        items: Pod[];
      }
    ).items;
  await host.run('kubectl wait --for=condition=Ready --timeout=120s pods -A --all');
  // The image is on the node, so that no registry is measured.
  await host.run('kubectl apply -f -', { input: deployment });
  await host.run('kubectl rollout status deployment/full --timeout=120s');
  const missing = full - (await onWorker()).length;
  const began = performance.now();
  const used = processorUse();
  await host.run(`kubectl scale deployment/full --replicas=${missing + 1}`);
  await host.run('kubectl rollout status deployment/full --timeout=600s');
  const took = (performance.now() - began) / 1000;
  const busy = used();
  const pods = await onWorker();
  const running = pods.filter(({ status }) => status?.phase === 'Running').length;
  const look = async (): Promise<readonly { ticks: number; rss: number }[]> =>
    (await node.run(usage))
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
      .map(([ticks = 0, rss = 0]) => ({ ticks, rss }));
  const peak = Number(
    await node.run(
      `sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$(pgrep -f '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet ')/status`,
    ),
  );
  // Waits until the remains of the start are cleaned up.
  await sleep(20_000);
  const before = await look();
  const since = performance.now();
  await sleep(idleSeconds * 1000);
  const after = await look();
  const elapsed = (performance.now() - since) / 1000;
  const share = (at: number): number =>
    Number((((after[at]?.ticks ?? 0) - (before[at]?.ticks ?? 0)) / elapsed).toFixed(2));
  const mib = (kB: number | undefined): number => Math.round((kB ?? 0) / 1024);
  console.log(
    JSON.stringify({
      pods: pods.length,
      running,
      secondsUntilRunning: Number(took.toFixed(1)),
      processorsBusyMeanwhile: `${busy} %`,
      kubelet: { peakMiB: mib(peak), idleMiB: mib(after[0]?.rss), idlePercentOfACore: share(0) },
      containerd: { idleMiB: mib(after[1]?.rss), idlePercentOfACore: share(1) },
      shims: { idleMiB: mib(after[2]?.rss), idlePercentOfACore: share(2) },
    }),
  );
} finally {
  await walkthrough.close();
}
