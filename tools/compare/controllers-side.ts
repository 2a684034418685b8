import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base';
import { type ApiClient, restClient } from '@typernetes/client';
import { hollowNodes, type PodCourse } from '@typernetes/hollow';
import { controllerOf } from '@typernetes/machinery';
import { startControlPlanePrograms } from '../../bench/control-plane-programs.ts';

/**
 * One of the two control planes, with all its controllers, its scheduler and a few nodes whose fake kubelets behave
 * alike on both sides.
 */
export interface Side {
  readonly client: ApiClient;
  readonly isOriginal: boolean;
  stop(): Promise<void>;
}

export const nodeNames = ['n0', 'n1', 'n2'];

export async function startSide(peer?: string): Promise<Side> {
  const programs = await startControlPlanePrograms({
    peer,
    managerFlags: (folder) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = join(folder, 'sa.key');
      writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }));
      return [
        `--root-ca-file=${join(folder, 'ca.crt')}`,
        `--service-account-private-key-file=${key}`,
        ...quick,
        ...(peer ? ['--pvclaimbinder-sync-period=1s'] : []),
      ];
    },
  });
  const transport = programs.connect();
  const client = restClient(transport);
  const stop = new AbortController();
  const nodes = hollowNodes({
    client,
    names: nodeNames,
    log: silentLogger,
    labels: (name) => ({ 'topology.kubernetes.io/zone': name === 'n0' ? 'z0' : 'z1' }),
    course: seededCourse(),
    heartbeatMs: 5000,
  });
  const running = nodes.run(stop.signal);
  return {
    client,
    isOriginal: peer !== undefined,
    stop: async () => {
      stop.abort();
      await running;
      transport.close();
      await programs.stop();
    },
  };
}

/** Settings for delays that would keep states from settling for long. */
const quick = [
  '--horizontal-pod-autoscaler-sync-period=2s',
  '--node-monitor-grace-period=1h',
  '--node-eviction-rate=10',
];

/**
 * A pod's image says how it behaves: `runs`, `unready`, `succeeds`, `fails`, or a list of letters (`ends-fs`): the
 * first pod of its owner fails, the second succeeds, and all further ones behave like the last.
 */
function seededCourse(): (pod: Pod) => PodCourse {
  const turns = new Map<string, string[]>();
  return (pod) => {
    const { image = '' } = pod.spec.containers[0] ?? {};
    if (image === 'unready') return { ready: false };
    const [, letters] = /^ends-([fs]+)$/.exec(image) ?? [];
    if (!letters) return { ready: true };
    const owner = controllerOf(pod)?.uid ?? pod.metadata.uid;
    const pods = turns.get(owner) ?? [];
    turns.set(owner, pods);
    if (!pods.includes(pod.metadata.uid)) pods.push(pod.metadata.uid);
    const letter = letters[Math.min(pods.indexOf(pod.metadata.uid), letters.length - 1)];
    return { ready: true, exitCode: letter === 's' ? 0 : 1 };
  };
}
