import { type Cluster, untilTrue } from './cluster.ts';
import { podOf, type ShapeName, shapes } from './shapes.ts';

const lasting: readonly ShapeName[] = ['server', 'deaf', 'hooked', 'stages', 'flaps', 'volumes', 'port'];
const over: readonly ShapeName[] = ['once', 'fails', 'batch', 'again', 'glutton'];

/**
 * Machines shut down, cleanly and as by a power cut, and start again; kubelets are stopped, and packet rules deleted.
 * Returns the problems.
 */
export async function playPower(cluster: Cluster, say: (line: string) => void): Promise<readonly string[]> {
  const problems: string[] = [];
  const [worker = ''] = cluster.workers;
  const check = async (what: string, look: () => Promise<readonly string[]>): Promise<void> => {
    const begun = performance.now();
    try {
      await untilTrue(what, look);
      say(`${what}: not (any more) after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    } catch (error) {
      problems.push(String(error));
    }
  };
  const wrong = async (shape: ShapeName, judge: (texts: readonly string[]) => readonly string[]) => {
    const { status = {} } = await cluster.pods.get({ name: shape, namespace: 'default' });
    return judge(shapes[shape]?.problems(status) ?? []).map((text) => `${shape}: ${text}`);
  };
  const wrongOf = async (
    names: readonly ShapeName[],
    judge: (texts: readonly string[]) => readonly string[] = (texts) => texts,
  ) => (await Promise.all(names.map((shape) => wrong(shape, judge)))).flat();
  const make = async (): Promise<void> => {
    await cluster.in(worker, 'rm -rf /var/stress');
    for (const shape of [...lasting, ...over]) await cluster.pods.create(podOf(shape, shape, worker));
    await check('pods do not come up', () => wrongOf([...lasting, ...over]));
  };
  const clear = async (): Promise<void> => {
    await cluster.pods.deleteCollection({ namespace: 'default' });
    await check('pods do not go', async () => (await cluster.podsNow()).map(({ metadata }) => metadata.name));
  };

  await make();
  cluster.typernetes('machine', 'stop', '--force', worker);
  cluster.typernetes('machine', 'start', worker);
  // Everything has been started once more, and completed work is not repeated.
  const onceMore = (texts: readonly string[]): readonly string[] => {
    const others = texts.filter((text) => !/restarted 1 times$/.test(text));
    return texts.length > others.length ? others : [...others, 'was not started again'];
  };
  await check('pods do not come back after a power cut', () => wrongOf(lasting, onceMore));
  await check('what had ended has not stayed so', () => wrongOf(over));
  await clear();

  await make();
  cluster.typernetes('machine', 'stop', worker);
  await check('pods have not ended with their machine', async () => {
    const pods = await cluster.podsNow();
    return pods
      .filter(({ metadata }) => lasting.includes(metadata.name))
      .filter(({ status }) => status?.phase !== 'Failed' || status.reason !== 'Terminated')
      .map(({ metadata, status }) => `${metadata.name}: ${status?.phase} ${status?.reason ?? ''}`);
  });
  cluster.typernetes('machine', 'start', worker);
  await check('the node does not come back', async () => {
    const ready = await cluster.in(worker, 'crictl ps -q 2>/dev/null | wc -l; ctr -n k8s.io tasks list -q | wc -l');
    return Number(ready.trim().split('\n').at(-1)) >= 4 ? [] : [ready];
  });
  await check('what had ended has not stayed so', () => wrongOf(over));
  await clear();

  // Deletes a pod with mounted subPath volumes, gracefully and by force, while no kubelet is there to take it down.
  for (const gracePeriodSeconds of [1, 0]) {
    await cluster.pods.create(podOf('volumes', 'volumes', worker));
    await check('the pod does not come up', () => wrongOf(['volumes']));
    await cluster.in(worker, '/etc/init.d/kubelet stop');
    await cluster.pods.delete({ name: 'volumes', namespace: 'default' }, { gracePeriodSeconds });
    await cluster.in(worker, '/etc/init.d/kubelet start; rm -rf /var/stress');
    await check('a pod deleted while its kubelet was down is still there', async () => {
      const mounts = await cluster.in(worker, 'grep -e volume-subpaths -e empty-dir /proc/self/mounts || true');
      return [...mounts.split('\n').filter(Boolean), ...(await cluster.podsNow()).map(({ metadata }) => metadata.name)];
    });
  }
  const rules = async (): Promise<number> =>
    Number(await cluster.in(worker, 'iptables-save | grep -c -e "^-A KUBE-SERVICES" || true'));
  const before = await rules();
  await cluster.in(worker, 'iptables -t nat -F && iptables -t nat -X && iptables -t filter -F');
  await check('packet rules of Services that were deleted do not come back', async () => {
    const now = await rules();
    return now === before ? [] : [`${now} instead of ${before}`];
  });
  return problems;
}
