import type { Pod } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import type { InitConfig } from '../config/internal.ts';
import { kubernetesFolder } from '../paths.ts';
import { httpsProbe, probeTiming, staticPod } from './static-pod.ts';

export function schedulerPod({ cluster }: InitConfig): Draft<Pod> {
  const kubeconfig = `${kubernetesFolder}/scheduler.conf`;
  const at = { host: '127.0.0.1', port: 10259 };
  return staticPod({
    component: 'kube-scheduler',
    imageRepository: cluster.imageRepository,
    args: Object.entries({
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'bind-address': at.host,
      kubeconfig,
      'leader-elect': 'true',
    }).map(([name, value]) => ({ name, value })),
    extra: cluster.scheduler,
    cpu: '100m',
    shared: [{ name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true }],
    probes: {
      livenessProbe: httpsProbe('/livez', at, probeTiming.liveness),
      readinessProbe: httpsProbe('/readyz', at, probeTiming.readiness),
      startupProbe: httpsProbe('/livez', at, probeTiming.startup),
    },
  });
}
