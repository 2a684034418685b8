/** Items of upstream's conformance suite about pods that change, restart, are resized and end. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { eventually } from '../../eventually.ts';
import type { Shell } from '../../walkthrough/walkthrough.ts';
import { etcdImage, list, namespace, object } from './containers.ts';

const busybox = { image: 'busybox', imagePullPolicy: 'IfNotPresent' };
const shell = (name: string, script: string, more: object = {}) => ({
  name,
  ...busybox,
  command: ['sh', '-c', script],
  ...more,
});
const idle = 'trap "exit 0" TERM; while :; do sleep 0.2; done';
const pod = (name: string, containers: readonly object[], spec: object = {}, labels: object = {}) => ({
  ...object('Pod', name, { spec: { terminationGracePeriodSeconds: 1, containers, ...spec } }),
  metadata: { name, namespace, labels: { name, ...labels }, annotations: { note: 'first' } },
});

/** Fails the first time, succeeds the second time, and keeps running from the third time on. */
const counting = `echo once >> /count/times
case $(wc -l < /count/times) in 1) exit 1;; 2) exit 0;; *) ${idle};; esac`;
const counted = { volumeMounts: [{ name: 'count', mountPath: '/count' }] };
const count = { volumes: [{ name: 'count', emptyDir: {} }] };

const probe = (handler: object, more: object = {}) => ({ ...handler, periodSeconds: 1, failureThreshold: 1, ...more });
const health = 'mkdir -p /www && echo ok > /www/healthz';
const fading = `${health}; httpd -p PORT -h /www; sleep 3; rm /www/healthz; ${idle}`;
const serving = (port: number): string => `${health}; httpd -p ${port} -h /www; ${idle}`;
const grpc = (name: string, port: number, probed: number) => ({
  name,
  image: etcdImage,
  command: ['/usr/bin/etcd', '--data-dir=/tmp/data', `--listen-client-urls=http://0.0.0.0:${port}`],
  args: [`--advertise-client-urls=http://127.0.0.1:${port}`, `--listen-peer-urls=http://127.0.0.1:${port + 1}`],
  livenessProbe: probe({ grpc: { port: probed } }, { initialDelaySeconds: 5, failureThreshold: 3 }),
});

/** One container per item: whether its probe makes it restart. */
const probed: readonly [item: string, restarts: boolean, container: { name: string }][] = [
  [
    'should *not* be restarted with a /healthz http liveness probe',
    false,
    shell('http-good', serving(8080), { livenessProbe: probe({ httpGet: { path: '/healthz', port: 8080 } }, slow()) }),
  ],
  [
    'should *not* be restarted with a exec "cat /tmp/health" liveness probe',
    false,
    shell('exec-good', `echo ok > /tmp/health; ${idle}`, {
      livenessProbe: probe({ exec: { command: ['cat', '/tmp/health'] } }, slow()),
    }),
  ],
  [
    'should *not* be restarted with a tcp:8080 liveness probe',
    false,
    shell('tcp-good', fading.replace('PORT', '8081'), { livenessProbe: probe({ tcpSocket: { port: 8081 } }, slow()) }),
  ],
  ['should *not* be restarted with a GRPC liveness probe', false, grpc('grpc-good', 2379, 2379)],
  [
    'should be restarted with a /healthz http liveness probe',
    true,
    shell('http-bad', fading.replace('PORT', '8082'), {
      livenessProbe: probe({ httpGet: { path: '/healthz', port: 8082 } }, slow()),
    }),
  ],
  ['should be restarted with a GRPC liveness probe', true, grpc('grpc-bad', 2479, 2333)],
  [
    'with readiness probe that fails should never be ready and never restart',
    false,
    shell('never-ready', idle, { readinessProbe: probe({ exec: { command: ['false'] } }) }),
  ],
];

function slow(): object {
  return { initialDelaySeconds: 1, timeoutSeconds: 5, failureThreshold: 2 };
}

const optional = (name: string) => [
  { name: `cm-${name}`, configMap: { name: `opt-${name}`, optional: true } },
  { name: `sec-${name}`, secret: { secretName: `opt-${name}`, optional: true } },
  { name: `pcm-${name}`, projected: { sources: [{ configMap: { name: `opt-${name}`, optional: true } }] } },
  { name: `psec-${name}`, projected: { sources: [{ secret: { name: `opt-${name}`, optional: true } }] } },
];
const fields = {
  items: ['labels', 'annotations'].map((path) => ({ path, fieldRef: { fieldPath: `metadata.${path}` } })),
};
const volumes = [
  ...['deleted', 'updated', 'created'].flatMap(optional),
  { name: 'down', downwardAPI: fields },
  { name: 'pdown', projected: { sources: [{ downwardAPI: fields }] } },
];
const both = (name: string, value: string) => [
  object('ConfigMap', `opt-${name}`, { data: { data: value } }),
  object('Secret', `opt-${name}`, { stringData: { data: value } }),
];

const failing = (name: string, env: object, subPathExpr: string) =>
  pod(
    name,
    [
      shell('main', idle, {
        env: [{ name: 'EXPANDED', ...env }],
        volumeMounts: [{ name: 'work', mountPath: '/work', subPathExpr }],
      }),
    ],
    { volumes: [{ name: 'work', emptyDir: {} }] },
  );

const initials = (name: string, restartPolicy: string, script: string) =>
  pod(name, [shell('main', 'true')], { restartPolicy, initContainers: [shell('i1', script), shell('i2', 'true')] });

const cpu = (name: string, requests: object, limits: object = requests): Container =>
  shell(name, idle, {
    resources: {
      ...(Object.keys(requests).length ? { requests } : {}),
      ...(Object.keys(limits).length ? { limits } : {}),
    },
  }) as unknown as Container;
const of = (cpuMillis: number, memoryMi: number) => ({ cpu: `${cpuMillis}m`, memory: `${memoryMi}Mi` });
const request = { cpu: '20m' };
const memory = { memory: '40Mi' };
const resized: readonly object[] = [
  pod('resized', [cpu('c1', of(20, 40)), cpu('c2', of(21, 41)), cpu('c3', of(22, 42))]),
  pod('resized-six', [
    cpu('c1', request, {}),
    cpu('c2', memory, {}),
    cpu('c3', { ...request, ...memory }, {}),
    cpu('c4', request, {}),
    cpu('c5', memory, {}),
    cpu('c6', {}, {}),
  ]),
  pod('resized-equal', [cpu('c1', { cpu: '2m' }, { cpu: '10m' })]),
];

const conflicting = [{ containerPort: 21017, hostPort: 21017, name: 'conflict' }];

const wrapped = Array.from({ length: 50 }, (_, i) => `racey-${i}`);

const objects: readonly object[] = [
  ...both('deleted', 'value-1'),
  ...both('updated', 'value-1'),
  ...wrapped.map((name) => object('ConfigMap', name, { data: { 'data-1': 'value-1' } })),
  pod(
    'changing',
    [shell('main', idle, { volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/v/${name}` })) })],
    { volumes },
  ),
  pod(
    'probed',
    probed.map(([, , container]) => container),
  ),
  pod('delayed', [
    shell('main', idle, { readinessProbe: probe({ exec: { command: ['true'] } }, { initialDelaySeconds: 5 }) }),
  ]),
  ...['Always', 'OnFailure', 'Never'].map((restartPolicy) =>
    pod(`ends-${restartPolicy.toLowerCase()}`, [shell('main', counting, counted)], { restartPolicy, ...count }),
  ),
  ...resized,
  initials('init-never', 'Never', 'true'),
  initials('init-fails-never', 'Never', 'false'),
  initials('init-fails-always', 'Always', 'false'),
  pod('false', [shell('main', 'false')]),
  pod('overdue', [shell('main', idle)], { activeDeadlineSeconds: 300 }),
  failing('backticks', { value: '..' }, '`ls`$(EXPANDED)'.replace('`ls`', '')),
  failing('absolute', { value: '/tmp' }, '$(EXPANDED)'),
  failing(
    'mended',
    { valueFrom: { fieldRef: { fieldPath: "metadata.annotations['mysubpath']" } } },
    '$(EXPANDED)/mended',
  ),
  {
    ...object('Job', 'locally-restarted', {}, 'batch/v1'),
    spec: {
      parallelism: 2,
      completions: 4,
      backoffLimit: 6,
      template: {
        spec: {
          restartPolicy: 'OnFailure',
          containers: [shell('main', '[ -f /count/times ] && exit 0; touch /count/times; exit 1', counted)],
          ...count,
        },
      },
    },
  },
  {
    ...object('ReplicationController', 'wrapped'),
    spec: {
      replicas: 5,
      selector: { name: 'wrapped' },
      template: {
        metadata: { labels: { name: 'wrapped' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            shell('main', idle, { volumeMounts: wrapped.map((name) => ({ name, mountPath: `/etc/${name}` })) }),
          ],
          volumes: wrapped.map((name) => ({ name, configMap: { name } })),
        },
      },
    },
  },
];

/** The part of a status that an item compares. */
const outcome = ({ status }: Pod) => {
  const [main] = status?.containerStatuses ?? [];
  return [status?.phase, main?.restartCount, Object.keys(main?.state ?? {})[0]];
};

export function testLifecycles(cluster: { host(): Shell; machine: string }): void {
  describe('pods of conformance items', () => {
    let host: Shell;
    const run = (args: string, input?: string): Promise<string> =>
      host.run(`kubectl -n ${namespace} ${args}`, input === undefined ? {} : { input });
    const get = async <T = Pod>(what: string): Promise<T> => JSON.parse(await run(`get ${what} -o json`));

    before(async () => {
      host = cluster.host();
      const inTheWay = pod('in-the-way', [shell('main', idle, { ports: conflicting })], { nodeName: cluster.machine });
      await run('create -f -', list([...objects, inTheWay]));
    });

    test('Container Runtime blackbox test when starting a container that exits should run with the expected status', async () => {
      for (const [name, expected] of [
        ['ends-always', ['Running', 2, 'running']],
        ['ends-onfailure', ['Succeeded', 1, 'terminated']],
        ['ends-never', ['Failed', 0, 'terminated']],
      ] as const)
        await eventually(async () => assert.deepEqual(outcome(await get(`pod ${name}`)), expected));
    });

    test('InitContainer on RestartNever and RestartAlways pods', async (context) => {
      const inits = ({ status }: Pod) => status?.initContainerStatuses?.map(({ state }) => state?.terminated?.exitCode);
      await context.test('InitContainer should invoke init containers on a RestartNever pod', () =>
        eventually(async () => {
          const found = await get('pod init-never');
          assert.deepEqual([outcome(found)[0], ...(inits(found) ?? [])], ['Succeeded', 0, 0]);
        }),
      );
      await context.test(
        'InitContainer should not start app containers and fail the pod if init containers fail on a RestartNever pod',
        () =>
          eventually(async () => {
            const found = await get('pod init-fails-never');
            assert.deepEqual([...outcome(found), inits(found)?.[0]], ['Failed', 0, 'waiting', 1]);
            assert.equal(found.status?.initContainerStatuses?.[1]?.state?.waiting?.reason, 'PodInitializing');
          }),
      );
      await context.test(
        'InitContainer should not start app containers if init containers fail on a RestartAlways pod',
        () =>
          eventually(async () => {
            const found = await get('pod init-fails-always');
            assert.deepEqual(outcome(found), ['Pending', 0, 'waiting']);
            assert.ok((found.status?.initContainerStatuses?.[0]?.restartCount ?? 0) >= 3);
            assert.equal(found.status?.conditions?.find(({ type }) => type === 'Initialized')?.status, 'False');
          }),
      );
    });

    test('Pods should allow activeDeadlineSeconds to be updated', async () => {
      await run('wait --for=condition=Ready pod/overdue --timeout=180s');
      await run(`patch pod overdue -p '{"spec":{"activeDeadlineSeconds":1}}'`);
      await eventually(async () => {
        const { status } = await get('pod overdue');
        assert.deepEqual([status?.phase, status?.reason], ['Failed', 'DeadlineExceeded']);
      });
    });

    test('Kubelet when scheduling a busybox command that always fails in a pod should be possible to delete', async () => {
      await eventually(async () => assert.ok(Number(outcome(await get('pod false'))[1]) >= 1));
      await run('delete pod false --timeout=180s');
    });

    test('Probing container', async (context) => {
      const statuses = async () => (await get('pod probed')).status?.containerStatuses ?? [];
      await eventually(async () => {
        for (const [, restarts, { name }] of probed)
          if (restarts) assert.ok(((await statuses()).find((one) => one.name === name)?.restartCount ?? 0) >= 1, name);
      });
      const now = await statuses();
      for (const [item, restarts, { name }] of probed)
        await context.test(`Probing container ${item}`, () => {
          const found = now.find((one) => one.name === name);
          if (!restarts) assert.equal(found?.restartCount, 0);
          if (name === 'never-ready') assert.equal(found?.ready, false);
        });
      await context.test('Probing container should have monotonically increasing restart count', async () => {
        let last = 0;
        while (last < 3) {
          const found = (await statuses()).find(({ name }) => name === 'http-bad')?.restartCount ?? 0;
          assert.ok(found >= last, `${found} after ${last}`);
          last = found;
        }
      });
      await context.test(
        'Probing container with readiness probe should not be ready before initial delay and never restart',
        () =>
          eventually(async () => {
            const { status } = await get('pod delayed');
            const ready = status?.conditions?.find(({ type }) => type === 'Ready');
            const started = status?.containerStatuses?.[0]?.state?.running?.startedAt ?? '';
            assert.deepEqual([ready?.status, status?.containerStatuses?.[0]?.restartCount], ['True', 0]);
            // Both times are in whole seconds.
            assert.ok(Date.parse(ready?.lastTransitionTime ?? '') - Date.parse(started) >= 4000);
          }),
      );
    });

    test('volumes follow changes of their sources', async () => {
      await run('wait --for=condition=Ready --timeout=180s pod/changing');
      const inside = (script: string): Promise<string> => run(`exec changing -- sh -c '${script}'`);
      const kinds = ['cm', 'sec', 'pcm', 'psec'];
      const all = () =>
        inside(
          `for k in ${kinds.join(' ')}; do for n in deleted updated created; do cat /v/$k-$n/data 2>/dev/null || printf none; printf " "; done; done`,
        );
      assert.equal(await all(), 'value-1 value-1 none '.repeat(4));
      assert.match(await inside('cat /v/down/labels /v/pdown/labels'), /^(name="changing"\n?){2}$/);
      await run('delete configmap/opt-deleted secret/opt-deleted');
      await run('apply -f -', list([...both('updated', 'value-2'), ...both('created', 'value-1')]));
      await run('label pod changing added=later');
      await run('annotate pod changing note=second --overwrite');
      await eventually(async () => assert.equal(await all(), 'none value-2 value-1 '.repeat(4)));
      await eventually(async () => {
        assert.match(await inside('cat /v/down/labels /v/pdown/labels'), /^(added="later"\nname="changing"\n?){2}$/);
        assert.match(await inside('cat /v/down/annotations /v/pdown/annotations'), /note="second".*note="second"/s);
      });
    });

    test('Ephemeral Containers will start an ephemeral container in an existing pod', async () => {
      await run(
        'debug changing --image=busybox --image-pull-policy=IfNotPresent -c added -- sh -c "echo polo; sleep 600"',
      );
      await eventually(async () => assert.equal(await run('logs changing -c added'), 'polo\n'));
      const { status } = await get('pod changing');
      assert.ok(status?.ephemeralContainerStatuses?.[0]?.state?.running);
    });

    test('Variable Expansion in subpaths that fails', async (context) => {
      const waiting = async (name: string) =>
        (await get(`pod ${name}`)).status?.containerStatuses?.[0]?.state?.waiting?.reason;
      for (const [item, name] of [
        ['should fail substituting values in a volume subpath with absolute path', 'absolute'],
        ['should fail substituting values in a volume subpath with backticks', 'backticks'],
        [
          'should verify that a failing subpath expansion can be modified during the lifecycle of a container',
          'mended',
        ],
      ] as const)
        await context.test(`Variable Expansion ${item}`, async () => {
          await eventually(async () => assert.equal(await waiting(name), 'CreateContainerConfigError'));
          if (name !== 'mended') return;
          await run('annotate pod mended mysubpath=mypath');
          await run('wait --for=condition=Ready --timeout=180s pod/mended');
        });
    });

    test('Job should run a job to completion when tasks sometimes fail and are locally restarted', async () => {
      await run('wait --for=condition=Complete --timeout=180s job/locally-restarted');
      const { items } = await get<{ items: Pod[] }>('pods -l job-name=locally-restarted');
      assert.deepEqual(items.map(outcome), Array(4).fill(['Succeeded', 1, 'terminated']));
    });

    test('EmptyDir wrapper volumes should not cause race condition when used for configmaps', async () => {
      await run('wait --for=condition=Ready --timeout=180s pod -l name=wrapped');
      const { items } = await get<{ items: Pod[] }>('pods -l name=wrapped');
      assert.equal(items.length, 5);
      await run('delete rc wrapped --wait=false');
    });

    test('StatefulSet Basic StatefulSet functionality Should recreate evicted statefulset', async (t) => {
      const spec = { nodeName: cluster.machine, containers: [shell('main', idle, { ports: conflicting })] };
      await run('wait --for=condition=Ready --timeout=180s pod/in-the-way');
      const set = {
        ...object('StatefulSet', 'ss', {}, 'apps/v1'),
        spec: {
          serviceName: 'none',
          selector: { matchLabels: { set: 'ss' } },
          template: {
            metadata: { labels: { set: 'ss' } },
            spec,
          },
        },
      };
      const watching = host.start(
        `exec kubectl -n ${namespace} get pods -l set=ss -w -o jsonpath='{.metadata.uid} {.status.phase} {.status.reason}{"\\n"}'`,
      );
      t.after(() => watching.child.kill());
      await run('create -f -', list([set]));
      await eventually(async () => {
        const uid = JSON.parse(await run('get pods -l set=ss -o json')).items[0]?.metadata.uid;
        assert.ok(uid);
        first ??= uid;
        assert.notEqual(uid, first);
      });
      await run('delete pod in-the-way --grace-period=0 --force');
      await run('wait --for=jsonpath={.status.readyReplicas}=1 --timeout=180s statefulset/ss');
      watching.child.kill();
      assert.match((await watching.outcome).stdout, /Failed NodePorts/);
      await run('delete statefulset ss --wait=false');
    });
    let first: string | undefined;

    test('Pod InPlace Resize Container', async (context) => {
      await run('wait --for=condition=Ready --timeout=180s pod/resized pod/resized-six pod/resized-equal');
      const settled = (name: string, expected: readonly Container[]) =>
        eventually(async () => {
          const { status } = await get(`pod ${name}`);
          for (const { name: container, resources } of expected) {
            const found = status?.containerStatuses?.find((one) => one.name === container);
            assert.deepEqual([found?.resources ?? {}, found?.restartCount], [resources ?? {}, 0], container);
          }
          assert.ok(!status?.conditions?.some(({ type }) => type.startsWith('PodResize')));
        });
      const resize = (name: string, containers: readonly Container[]): Promise<string> => {
        const patch = { spec: { containers: containers.map(({ name, resources }) => ({ name, resources })) } };
        return run(`patch pod ${name} --subresource resize --patch '${JSON.stringify(patch)}'`);
      };
      for (const [item, containers] of [
        ['increase cpu & mem on c1, c2, decrease cpu & mem on c3 - net increase', [of(30, 60), of(31, 61), of(20, 40)]],
        ['increase cpu & mem on c1, decrease cpu & mem on c2, c3 - net decrease', [of(32, 62), of(20, 40), of(19, 39)]],
        ['increase: CPU (c1,c3), memory (c2, c3) ; decrease: CPU (c2)', [of(40, 62), of(15, 50), of(30, 50)]],
      ] as const)
        await context.test(
          `Pod InPlace Resize Container guaranteed pods with multiple containers 3 containers - ${item}`,
          async () => {
            const wanted = containers.map((amounts, i) => cpu(`c${i + 1}`, amounts));
            await resize('resized', wanted);
            await settled('resized', wanted);
            const quota = await run('exec resized -c c1 -- cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us');
            assert.equal(Number(quota), Number.parseInt(containers[0].cpu, 10) * 100);
          },
        );
      await context.test('Pod InPlace Resize Container resize pod via the replace endpoint', async () => {
        const found = await get('pod resized');
        const wanted = [of(35, 45), of(36, 46), of(37, 47)].map((amounts, i) => cpu(`c${i + 1}`, amounts));
        const containers = (found.spec?.containers ?? []).map((one, i) => ({
          ...one,
          resources: wanted[i]?.resources,
        }));
        const path = `/api/v1/namespaces/${namespace}/pods/resized`;
        await run(
          `replace --raw ${path}/resize -f -`,
          JSON.stringify({ ...found, spec: { ...found.spec, containers } }),
        );
        await settled('resized', wanted);
        assert.equal(await run(`get --raw ${path}/resize`), await run(`get --raw ${path}`));
      });
      await context.test(
        'Pod InPlace Resize Container burstable pods - extended 6 containers - various operations performed (including adding limits and requests)',
        async () => {
          const wanted = [
            cpu('c1', { cpu: '30m' }, { cpu: '40m' }),
            cpu('c2', { memory: '50Mi' }, { memory: '60Mi' }),
            cpu('c3', { cpu: '20m', memory: '30Mi' }, {}),
            cpu('c4', { cpu: '10m', memory: '40Mi' }, {}),
            cpu('c5', { cpu: '20m', memory: '50Mi' }, {}),
            cpu('c6', { cpu: '20m', memory: '40Mi' }, { cpu: '30m', memory: '50Mi' }),
          ];
          await resize('resized-six', wanted);
          await settled('resized-six', wanted);
        },
      );
      await context.test('Pod InPlace Resize Container burstable pods - extended resize with equivalents', async () => {
        const wanted = [cpu('c1', { cpu: '1m' }, { cpu: '5m' })];
        await resize('resized-equal', wanted);
        await settled('resized-equal', wanted);
      });
    });
  });
}
