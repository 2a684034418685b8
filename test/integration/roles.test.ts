import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UserInfo } from '@typernetes/apiserver';
import { systemRandom } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, type ApiRequest, restClient, type Transport } from '@typernetes/client';
import { defaultSettings, runControllerManager } from '@typernetes/controllers';
import { isNotFound } from '@typernetes/machinery';
import { createAuthority, createSigningRequest, decodeJwt, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { eventually, type RestartableApi, withRestartableApi } from './api.ts';
import { beside, scheduler } from './control-plane.ts';
import { hollow } from './hollow.ts';
import { TravelClock } from './travel-clock.ts';

type Json = Record<string, unknown> & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

const encode = (text: string): string => Buffer.from(text).toString('base64');
const namespace = 'default';
const core = '/api/v1/namespaces/default';
const apps = '/apis/apps/v1/namespaces/default';
const selector = (app: string) => ({ matchLabels: { app } });
const template = (app: string, spec: object = {}) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image: 'main:1', resources: { requests: { cpu: '100m' } } }], ...spec },
});
const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '' };

/** Records everything that is forbidden to somebody, as `user: verb path`. */
class Refusals {
  readonly seen = new Set<string>();

  watch(api: RestartableApi, userOf: (request: ApiRequest) => UserInfo): Transport {
    return {
      request: async (request) => {
        const user = userOf(request);
        const response = await api.as(user).request(request);
        if (response.status === 403) this.#note(user, request);
        return response;
      },
      upgrade: (request) => api.as(userOf(request)).upgrade(request),
      close: () => {},
    };
  }

  #note({ username }: UserInfo, { method, path }: ApiRequest): void {
    this.seen.add(`${username}: ${method} ${path.replace(/\?.*/, '')}`);
  }
}

const named = (username: string, ...groups: string[]): UserInfo => ({
  username,
  groups: [...groups, 'system:authenticated'],
});

/** The service account whose token a request carries; token verification is tested elsewhere. */
function bearer({ headers }: ApiRequest): UserInfo {
  const token = String(headers?.authorization ?? '').replace('Bearer ', '');
  const subject = String(decodeJwt(token)?.claims.sub);
  const [, , where] = subject.split(':');
  return named(subject, 'system:serviceaccounts', `system:serviceaccounts:${where}`);
}

async function prepare(client: ApiClient): Promise<void> {
  const post = (path: string, body: object) => client.json('POST', path, body);
  const volume = (name: string, spec: object) =>
    post('/api/v1/persistentvolumes', {
      metadata: { name },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: '', ...spec },
    });
  await volume('disk', {
    csi: { driver: 'disk.example.com', volumeHandle: '7' },
    claimRef: { namespace, name: 'disk' },
  });
  await volume('dir', { hostPath: { path: '/srv/dir' } });
  await post(`${core}/persistentvolumeclaims`, { metadata: { name: 'disk' }, spec: claimSpec });
  await post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'urgent' }, value: 1000 });
  await post('/apis/resource.k8s.io/v1/namespaces/default/resourceclaimtemplates', {
    metadata: { name: 'devices' },
    spec: { spec: {} },
  });
}

/** Creates work for every controller. */
async function populate(client: ApiClient): Promise<void> {
  const post = (path: string, body: object) => client.json('POST', path, body);
  const workload = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { selector: selector(name), template: template(name), ...spec },
  });
  await post(`${core}/resourcequotas`, { metadata: { name: 'quota' }, spec: { hard: { pods: '100' } } });
  await post(`${core}/services`, {
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await post(`${core}/services`, { metadata: { name: 'hand' }, spec: { ports: [{ port: 80 }] } });
  await post(`${core}/endpoints`, {
    metadata: { name: 'hand' },
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 80 }] }],
  });
  await post(`${apps}/deployments`, workload('web', { replicas: 2 }));
  await post('/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    metadata: { name: 'web' },
    spec: { minAvailable: 1, selector: selector('web') },
  });
  await post('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 3,
      maxReplicas: 5,
    },
  });
  await post(`${apps}/statefulsets`, {
    metadata: { name: 'db' },
    spec: {
      ...workload('db').spec,
      serviceName: 'db',
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec }],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
    },
  });
  await post(`${apps}/daemonsets`, workload('agent'));
  await post(`${core}/replicationcontrollers`, {
    metadata: { name: 'old' },
    spec: { replicas: 1, selector: { app: 'old' }, template: template('old') },
  });
  const jobTemplate = { spec: { template: template('task', { restartPolicy: 'Never' }), ttlSecondsAfterFinished: 1 } };
  await post('/apis/batch/v1/namespaces/default/jobs', { metadata: { name: 'task' }, ...jobTemplate });
  await post('/apis/batch/v1/namespaces/default/cronjobs', {
    metadata: { name: 'tick' },
    spec: { schedule: '* * * * *', successfulJobsHistoryLimit: 0, jobTemplate },
  });
  const volumes = [
    { name: 'disk', persistentVolumeClaim: { claimName: 'disk' } },
    { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: { ...claimSpec, storageClassName: 'none' } } } },
  ];
  await post(`${core}/pods`, { metadata: { name: 'holder' }, spec: { ...template('').spec, volumes: [volumes[0]] } });
  await post(`${core}/pods`, { metadata: { name: 'scratch' }, spec: { ...template('').spec, volumes: [volumes[1]] } });
  await post(`${core}/pods`, {
    metadata: { name: 'devices' },
    spec: { ...template('').spec, resourceClaims: [{ name: 'one', resourceClaimTemplateName: 'devices' }] },
  });
  await post(`${core}/secrets`, {
    metadata: { name: 'robot', annotations: { 'kubernetes.io/service-account.name': 'default' } },
    type: 'kubernetes.io/service-account-token',
  });
  await post('/api/v1/namespaces/kube-system/secrets', {
    metadata: { name: 'bootstrap-token-abcdef' },
    type: 'bootstrap.kubernetes.io/token',
    stringData: {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-signing': 'true',
      expiration: new Date(Date.now() + 1_800_000).toISOString(),
    },
  });
  await post('/api/v1/namespaces/kube-public/configmaps', {
    metadata: { name: 'cluster-info' },
    data: { kubeconfig: 'k' },
  });
  await post('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'sum' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'of-sum' } }] },
    rules: [],
  });
  await post('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'part', labels: { part: 'of-sum' } },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
  });
  await post('/apis/networking.k8s.io/v1/servicecidrs', {
    metadata: { name: 'more' },
    spec: { cidrs: ['10.8.0.0/24'] },
  });
  await post('/apis/storage.k8s.io/v1/volumeattributesclasses', {
    metadata: { name: 'fast' },
    driverName: 'd',
    parameters: { a: 'b' },
  });
  await post('/api/v1/namespaces', { metadata: { name: 'doomed' } });
  await post('/api/v1/namespaces/doomed/configmaps', { metadata: { name: 'any' } });
  const subject = { commonName: 'system:node:node-9', organizations: ['system:nodes'] };
  await post('/apis/certificates.k8s.io/v1/certificatesigningrequests', {
    metadata: { name: 'node-9' },
    spec: {
      request: encode(await createSigningRequest(privateKeyPem(await newPrivateKey()), subject)),
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
    },
  });
}

/** What every controller must have achieved: a path, and a condition on the object there. */
const outcomes: [path: string, holds: (object: Json) => unknown][] = [
  [`${apps}/deployments/web`, ({ status }) => status?.readyReplicas === 3],
  [`${apps}/statefulsets/db`, ({ status }) => status?.readyReplicas === 1],
  [`${apps}/daemonsets/agent`, ({ status }) => status?.numberReady === 2],
  [`${core}/replicationcontrollers/old`, ({ status }) => status?.readyReplicas === 1],
  ['/apis/policy/v1/namespaces/default/poddisruptionbudgets/web', ({ status }) => status?.disruptionsAllowed === 2],
  [`${core}/resourcequotas/quota`, ({ status }) => status?.used],
  [`${core}/endpoints/web`, ({ subsets }) => (subsets as unknown[] | undefined)?.length],
  ['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', ({ items }) => (items as unknown[]).length >= 2],
  [`${core}/pods/holder`, ({ status }) => status?.phase === 'Running'],
  ['/apis/storage.k8s.io/v1/volumeattachments', ({ items }) => (items as unknown[]).length === 1],
  [`${core}/persistentvolumeclaims/scratch-scratch`, ({ status }) => status?.phase === 'Pending'],
  [`${core}/pods/devices`, ({ status }) => (status?.resourceClaimStatuses as unknown[] | undefined)?.length],
  [`${core}/secrets/robot`, ({ data }) => (data as Record<string, string> | undefined)?.token],
  [
    '/api/v1/namespaces/kube-public/configmaps/cluster-info',
    ({ data }) => (data as Record<string, string>)['jws-kubeconfig-abcdef'],
  ],
  ['/apis/rbac.authorization.k8s.io/v1/clusterroles/sum', ({ rules }) => (rules as unknown[] | null)?.length],
  ['/apis/networking.k8s.io/v1/servicecidrs/more', ({ status }) => status?.conditions],
  ['/apis/certificates.k8s.io/v1/certificatesigningrequests/node-9', ({ status }) => status?.certificate],
  [`${core}/configmaps/kube-root-ca.crt`, () => true],
];

async function untilAll(client: ApiClient, wanted: typeof outcomes): Promise<void> {
  for (const [path, holds] of wanted) {
    const probe = async (): Promise<true | undefined> => {
      try {
        return holds(await client.json<Json>('GET', path)) ? true : undefined;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    };
    await eventually(probe).catch((cause: unknown) => {
      throw new Error(`Cannot see the outcome at ${path}`, { cause });
    });
  }
}

async function untilGone(client: ApiClient, paths: readonly string[]): Promise<void> {
  for (const path of paths)
    await eventually(() =>
      client.json('GET', path).then(
        () => undefined,
        (error: unknown) => isNotFound(error) || undefined,
      ),
    );
}

test('RBAC forbids no control plane component anything it needs', () =>
  withRestartableApi(async (api) => {
    const { client } = api;
    const clock = new TravelClock();
    const refusals = new Refusals();
    const as = (user: UserInfo): ApiClient => restClient(refusals.watch(api, () => user));
    const validity = { notBefore: clock.now() - 3_600_000, notAfter: clock.now() + 365 * 86_400_000 };
    const clusterSigner = await createAuthority({ commonName: 'kubernetes', ...validity });
    const serviceAccountPrivateKey = privateKeyPem(await newPrivateKey());
    const manager = {
      name: 'controllers',
      run: (signal: AbortSignal) =>
        runControllerManager(
          {
            client: as(named('system:kube-controller-manager')),
            anonymous: refusals.watch(api, bearer),
            settings: {
              ...defaultSettings,
              rootCa: 'CA',
              clusterSigner,
              serviceAccountPrivateKey,
              allocateNodeCidrs: true,
              clusterCidr: '10.244.0.0/16',
            },
            controllers: ['*', 'bootstrapsigner', 'tokencleaner'],
            useServiceAccounts: true,
            leaderElection: {
              identity: 'a',
              lease: { namespace: 'kube-system', name: 'kube-controller-manager' },
              leaseDurationMs: 3_600_000,
              renewDeadlineMs: 1_800_000,
              retryPeriodMs: 2_000,
            },
            clock,
            random: systemRandom,
            log: silentLogger,
          },
          signal,
        ),
    };
    const node = (name: string) => hollow(as(named(`system:node:${name}`, 'system:nodes')), { names: [name], clock });
    await prepare(client);
    await beside([manager, scheduler(as(named('system:kube-scheduler')), { clock }), node('node-1')], async () => {
      await beside([node('node-2')], async () => {
        await client.json('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
          metadata: { name: 'approve-first-certificates' },
          roleRef: {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: 'ClusterRole',
            name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
          },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
        });
        for (const name of ['node-1', 'node-2'])
          await eventually(() =>
            client
              .json(
                'PATCH',
                `/api/v1/nodes/${name}`,
                { metadata: { annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } } },
                { contentType: 'application/merge-patch+json' },
              )
              .catch(() => undefined),
          );
        await untilAll(client, [[`${core}/serviceaccounts/default`, () => true]]);
        await populate(client);
        await untilAll(client, outcomes);
        // An urgent pod that needs a whole node preempts others.
        await client.json('POST', `${core}/pods`, {
          metadata: { name: 'urgent' },
          spec: {
            containers: [{ name: 'main', image: 'main:1', resources: { requests: { cpu: '31900m' } } }],
            priorityClassName: 'urgent',
            nodeSelector: { 'kubernetes.io/hostname': 'node-1' },
          },
        });
        await untilAll(client, [[`${core}/pods/urgent`, ({ spec }) => spec?.nodeName]]);
      });
      // The second node is silent; things are deleted in all ways; time passes: jobs end, tokens and requests expire.
      for (const path of [
        `${core}/pods/holder`,
        `${apps}/statefulsets/db`,
        `${apps}/deployments/web`,
        '/api/v1/namespaces/doomed',
        '/apis/networking.k8s.io/v1/servicecidrs/more',
        '/apis/storage.k8s.io/v1/volumeattributesclasses/fast',
      ])
        await client.json('DELETE', path).catch((error: unknown) => {
          // The urgent pod may have preempted it.
          if (!isNotFound(error) || !path.endsWith('/holder')) throw error;
        });
      for (const path of ['', '/status'])
        await client
          .json(
            'PATCH',
            `${core}/persistentvolumeclaims/disk${path}`,
            { spec: { resources: { requests: { storage: '2Gi' } } } },
            { contentType: 'application/merge-patch+json' },
          )
          .catch(() => undefined);
      for (let minute = 0; minute < 16; minute++) {
        clock.skip(30_000);
        await clock.sleep(300);
      }
      await client.json('DELETE', '/api/v1/nodes/node-2');
      for (let minute = 0; minute < 70; minute += 10) {
        clock.skip(600_000);
        await clock.sleep(300);
      }
      await untilGone(client, [
        '/api/v1/namespaces/doomed',
        `${apps}/deployments/web`,
        `${core}/persistentvolumeclaims/data-db-0`,
        '/apis/networking.k8s.io/v1/servicecidrs/more',
        '/apis/storage.k8s.io/v1/volumeattributesclasses/fast',
        '/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef',
        '/apis/certificates.k8s.io/v1/certificatesigningrequests/node-9',
      ]);
      await untilAll(client, [
        [`${core}/pods`, ({ items }) => (items as Json[]).every(({ spec }) => spec?.nodeName !== 'node-2')],
        ['/apis/batch/v1/namespaces/default/cronjobs/tick', ({ status }) => status?.lastScheduleTime],
      ]);
    });
    assert.deepEqual([...refusals.seen].sort(), []);
  }));
