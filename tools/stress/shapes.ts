import type { Container, Pod, PodSpec, PodStatus } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';

/** The directory on the node where containers record their starts, one line each. */
const notes = '/var/stress';

/** A kind of pod, and the state it must reach. */
export interface Shape {
  readonly spec: (pod: string) => PodSpec;
  /** The problems of a pod that was left alone for long enough; empty if it is fine. */
  readonly problems: (status: PodStatus) => readonly string[];
  /** The expected number of starts of each container; unset for pods that keep restarting. */
  readonly starts?: Readonly<Record<string, number>>;
}

const noted = (pod: string, container: string, script: string): Container => ({
  name: container,
  image: 'busybox',
  command: ['sh', '-c', `echo ${container} >> /notes/${pod}; ${script}`],
  volumeMounts: [{ name: 'notes', mountPath: '/notes' }],
});

const polite = 'trap "exit 0" TERM; while :; do sleep 0.2; done';

const specOf = (containers: readonly Container[], more: Partial<PodSpec> = {}): PodSpec => ({
  terminationGracePeriodSeconds: 3,
  ...more,
  containers: [...containers],
  volumes: [{ name: 'notes', hostPath: { path: notes, type: 'DirectoryOrCreate' } }, ...(more.volumes ?? [])],
});

/** Becomes ready, and is never restarted. */
const serves =
  (restarts = 0) =>
  (status: PodStatus): readonly string[] => {
    const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
    return [
      ...(status.phase === 'Running' ? [] : [`phase ${status.phase} (${status.reason ?? ''})`]),
      ...(ready === 'True' ? [] : [`ready ${ready}`]),
      ...(status.podIP ? [] : ['no address']),
      ...all
        .filter(({ restartCount }) => restartCount !== restarts)
        .map(({ name, restartCount }) => `${name} restarted ${restartCount} times`),
    ];
  };

const ends =
  (phase: string, exitCode: number, { reason, restarts = 0 }: { reason?: string; restarts?: number } = {}) =>
  (status: PodStatus): readonly string[] => {
    const [main] = status.containerStatuses ?? [];
    const terminated = main?.state?.terminated;
    return [
      ...(status.phase === phase ? [] : [`phase ${status.phase} instead of ${phase}`]),
      ...(terminated?.exitCode === exitCode ? [] : [`exit code ${terminated?.exitCode} (${terminated?.reason})`]),
      ...(reason === undefined || terminated?.reason === reason ? [] : [`reason ${terminated?.reason}`]),
      ...(main?.restartCount === restarts ? [] : [`restarted ${main?.restartCount} times`]),
    ];
  };

const waits =
  (...reasons: readonly string[]) =>
  (status: PodStatus): readonly string[] => {
    const reason = status.containerStatuses?.[0]?.state?.waiting?.reason ?? '';
    return reasons.includes(reason) ? [] : [`waits for "${reason}" instead of ${reasons.join(' or ')}`];
  };

export const shapes: Readonly<Record<string, Shape>> = {
  /** May be resized in place. */
  server: {
    spec: (pod) => specOf([{ ...noted(pod, 'main', polite), resources: { requests: { cpu: '5m', memory: '32Mi' } } }]),
    problems: serves(),
    starts: { main: 1 },
  },
  deaf: { spec: (pod) => specOf([noted(pod, 'main', 'exec sleep 100000')]), problems: serves(), starts: { main: 1 } },
  hooked: {
    spec: (pod) =>
      specOf([
        {
          ...noted(pod, 'main', polite),
          lifecycle: {
            postStart: { exec: { command: ['sleep', '0.3'] } },
            preStop: { exec: { command: ['sleep', '1'] } },
          },
        },
      ]),
    problems: serves(),
    starts: { main: 1 },
  },
  once: {
    spec: (pod) => specOf([noted(pod, 'main', 'sleep 0.5; exit 0')], { restartPolicy: 'Never' }),
    problems: ends('Succeeded', 0),
    starts: { main: 1 },
  },
  fails: {
    spec: (pod) => specOf([noted(pod, 'main', 'sleep 0.3; exit 7')], { restartPolicy: 'Never' }),
    problems: ends('Failed', 7),
    starts: { main: 1 },
  },
  again: {
    spec: (pod) =>
      specOf([noted(pod, 'main', `[ "$(grep -c main /notes/${pod})" -gt 1 ] || exit 3; exit 0`)], {
        restartPolicy: 'OnFailure',
      }),
    problems: ends('Succeeded', 0, { restarts: 1 }),
    starts: { main: 2 },
  },
  stages: {
    spec: (pod) =>
      specOf([noted(pod, 'main', polite)], {
        initContainers: [
          noted(pod, 'one', 'sleep 0.2'),
          {
            ...noted(pod, 'beside', polite),
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
          },
          noted(pod, 'two', 'exit 0'),
        ],
      }),
    problems: serves(),
    starts: { one: 1, beside: 1, two: 1, main: 1 },
  },
  batch: {
    spec: (pod) =>
      specOf([noted(pod, 'main', 'sleep 1')], {
        restartPolicy: 'Never',
        initContainers: [{ ...noted(pod, 'beside', polite), restartPolicy: 'Always' }],
      }),
    problems: ends('Succeeded', 0),
    starts: { main: 1, beside: 1 },
  },
  flaps: {
    spec: (pod) =>
      specOf([
        {
          ...noted(pod, 'main', 'trap "exit 0" TERM; while :; do touch /tmp/ok; sleep 3; rm /tmp/ok; sleep 2; done'),
          readinessProbe: { exec: { command: ['test', '-e', '/tmp/ok'] }, periodSeconds: 1, failureThreshold: 1 },
        },
      ]),
    problems: (status) => serves()(status).filter((text) => !text.startsWith('ready')),
    starts: { main: 1 },
  },
  sick: {
    spec: (pod) =>
      specOf([
        {
          ...noted(pod, 'main', `[ "$(grep -c main /notes/${pod})" -gt 1 ] && touch /tmp/ok; ${polite}`),
          livenessProbe: {
            exec: { command: ['test', '-e', '/tmp/ok'] },
            periodSeconds: 1,
            timeoutSeconds: 30,
            failureThreshold: 2,
          },
        },
      ]),
    problems: serves(1),
    starts: { main: 2 },
  },
  glutton: {
    spec: (pod) =>
      specOf([{ ...noted(pod, 'main', 'exec tail /dev/zero'), resources: { limits: { memory: '16Mi' } } }], {
        restartPolicy: 'Never',
      }),
    problems: ends('Failed', 137, { reason: 'OOMKilled' }),
    starts: { main: 1 },
  },
  late: {
    spec: (pod) => specOf([noted(pod, 'main', polite)], { activeDeadlineSeconds: 4 }),
    problems: ({ phase, reason }) => (reason === 'DeadlineExceeded' ? [] : [`phase ${phase} (${reason ?? ''})`]),
  },
  volumes: {
    spec: (pod) =>
      specOf(
        [
          {
            ...noted(pod, 'main', `cat /c/a /s/a /d/name /p/token > /dev/null || exit 9; touch /e/x /m/x; ${polite}`),
            volumeMounts: [
              { name: 'notes', mountPath: '/notes' },
              { name: 'c', mountPath: '/c' },
              { name: 'c', mountPath: '/single', subPath: 'a' },
              { name: 's', mountPath: '/s' },
              { name: 'd', mountPath: '/d' },
              { name: 'p', mountPath: '/p' },
              { name: 'e', mountPath: '/e' },
              { name: 'm', mountPath: '/m' },
            ],
          },
        ],
        {
          securityContext: { fsGroup: 2000 },
          volumes: [
            { name: 'c', configMap: { name: 'stress' } },
            { name: 's', secret: { secretName: 'stress' } },
            { name: 'd', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
            { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 600 } }] } },
            { name: 'e', emptyDir: {} },
            { name: 'm', emptyDir: { medium: 'Memory' } },
          ],
        },
      ),
    problems: serves(),
    starts: { main: 1 },
  },
  port: {
    spec: (pod) =>
      specOf([
        {
          ...noted(pod, 'main', 'exec httpd -f -p 8080 -h /notes'),
          ports: [{ containerPort: 8080, hostPort: 18_080 }],
          readinessProbe: { httpGet: { path: `/${pod}`, port: 8080 }, periodSeconds: 1 },
        },
      ]),
    problems: serves(),
    starts: { main: 1 },
  },
  missing: {
    spec: () => specOf([{ name: 'main', image: 'nobody/has-this:1' }]),
    problems: waits('ErrImagePull', 'ImagePullBackOff'),
  },
  nonsense: {
    spec: () => specOf([{ name: 'main', image: 'busybox', command: ['/no/such/program'] }]),
    problems: waits('RunContainerError', 'CrashLoopBackOff'),
  },
  unmounted: {
    spec: () =>
      specOf([{ name: 'main', image: 'busybox', volumeMounts: [{ name: 'x', mountPath: '/x' }] }], {
        volumes: [{ name: 'x', configMap: { name: 'nobody-made-this' } }],
      }),
    problems: waits('ContainerCreating'),
  },
};

export type ShapeName = keyof typeof shapes & string;

/**
 * The pod, bound to the node without the scheduler; but pods that want a host port have to wait until the previous one
 * is gone.
 */
export function podOf(name: string, shape: ShapeName, nodeName: string): Draft<Pod> {
  const metadata = { name, namespace: 'default', labels: { shape } };
  const where = shape === 'port' ? { nodeSelector: { 'kubernetes.io/hostname': nodeName } } : { nodeName };
  const spec = { ...shapes[shape]?.spec(name), ...where } as PodSpec;
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec } as Draft<Pod>;
}
