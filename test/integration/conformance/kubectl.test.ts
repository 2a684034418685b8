import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { type CommandSettings, startCommand, stdoutOf } from '../../command.ts';
import { realKubectl } from '../../upstream-tools.ts';
import { eventually } from '../api.ts';
import { inNamespace } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';

/** Output and effects of upstream's kubectl, against a control plane with hollow nodes. */

interface Setting {
  readonly talk: Conversation;
  /** Runs kubectl in the check's namespace and returns its output. */
  kubectl(args: string, settings?: Pick<CommandSettings, 'input'>): Promise<string>;
  /** The complete result, for commands that fail. */
  outcome(
    args: string,
    settings?: Pick<CommandSettings, 'input'>,
  ): Promise<{ exitCode: number | null; stdout: string }>;
  /** Answers of `kubectl proxy` with these flags. */
  proxied(flags: string, path: string): Promise<string>;
  /** A directory for the check. */
  readonly folder: string;
}

const controller = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'agnhost-primary', labels: { app: 'agnhost', role: 'primary' } },
  spec: {
    replicas: 1,
    selector: { app: 'agnhost', role: 'primary' },
    template: {
      metadata: { labels: { app: 'agnhost', role: 'primary' } },
      spec: {
        containers: [{ name: 'agnhost-primary', image: 'agnhost', ports: [{ name: 'server', containerPort: 6379 }] }],
      },
    },
  },
});

const service = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'agnhost-primary', labels: { app: 'agnhost', role: 'primary' } },
  spec: { ports: [{ port: 6379, targetPort: 'server' }], selector: { app: 'agnhost', role: 'primary' } },
});

/** Waits until this many selected pods run, and returns their names. */
const running = (talk: Conversation, selector: string, count: number): Promise<readonly string[]> =>
  eventually(async () => {
    const pods = itemsOf(await talk.get(`${talk.here('pods')}?labelSelector=${encodeURIComponent(selector)}`));
    const alive = pods.filter((pod) => at(pod, 'metadata/deletionTimestamp') === undefined);
    return alive.length === count && alive.every((pod) => at(pod, 'status/phase') === 'Running')
      ? alive.map(nameOf)
      : undefined;
  });

async function primary({ talk, kubectl }: Setting): Promise<string> {
  await kubectl('create -f -', { input: controller });
  const [pod = ''] = await running(talk, 'app=agnhost', 1);
  return pod;
}

const imageOf = async (talk: Conversation, pod: string): Promise<unknown> =>
  at(await talk.get(talk.here('pods', pod)), 'spec/containers/0/image');

const checks: Readonly<Record<string, (setting: Setting) => Promise<void>>> = {
  'Kubectl client Kubectl api-versions should check if v1 is in available api versions': async ({ kubectl }) =>
    assert.ok((await kubectl('api-versions')).split('\n').includes('v1')),
  'Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info':
    async ({ kubectl }) => assert.match(await kubectl('cluster-info'), /Kubernetes control plane.* is running at/),
  'Kubectl client Kubectl version should check is all data is printed': async ({ kubectl }) => {
    const { clientVersion, serverVersion } = JSON.parse(await kubectl('version -o json'));
    for (const { major, minor, gitVersion, platform } of [clientVersion, serverVersion]) {
      assert.match(`${major} ${minor} ${gitVersion}`, /^\d+ \d+\+? v\d+\.\d+\.\d+/);
      assert.match(platform, /^linux\/\w+$/);
    }
    assert.match(await kubectl('version'), /^Client Version: v.+\nKustomize Version: v.+\nServer Version: v/);
  },
  'Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods':
    async (setting) => {
      const { kubectl, talk } = setting;
      const pod = await primary(setting);
      await kubectl('create -f -', { input: service });
      const says = async (args: string, patterns: readonly RegExp[]): Promise<void> => {
        const text = await kubectl(`describe ${args}`);
        for (const pattern of patterns) assert.match(text, pattern, args);
      };
      const own = new RegExp(`^Namespace: +${talk.namespace}$`, 'm');
      const labels = /^Labels: +app=agnhost\n +role=primary$/m;
      await says(`pod ${pod}`, [
        /^Name: +agnhost-primary-/m,
        own,
        /^Node: +/m,
        labels,
        /^Status: +Running$/m,
        /^IP: +/m,
        /^Controlled By: +ReplicationController\/agnhost-primary$/m,
        /^ +Image: +agnhost$/m,
        /^ +State: +Running$/m,
        /^QoS Class: +BestEffort$/m,
      ]);
      await says('rc agnhost-primary', [
        /^Name: +agnhost-primary$/m,
        own,
        /^Selector: +app=agnhost,role=primary$/m,
        labels,
        /^Annotations: +<none>$/m,
        /^Replicas: +1 current \/ 1 desired$/m,
        /^Pods Status: +1 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m,
        /^Pod Template:$/m,
        /^ +Image: +agnhost$/m,
        /^Events:$/m,
      ]);
      await says('service agnhost-primary', [
        /^Name: +agnhost-primary$/m,
        own,
        labels,
        /^Selector: +app=agnhost,role=primary$/m,
        /^Type: +ClusterIP$/m,
        /^IP: +/m,
        /^Port: +<unset> +6379\/TCP$/m,
        /^Endpoints: +\S+:6379$/m,
        /^Session Affinity: +None$/m,
      ]);
      const node = String(at(await talk.get(talk.here('pods', pod)), 'spec/nodeName'));
      await says(`node ${node}`, [/^Name: /m, /^Labels: /m, /^CreationTimestamp: /m, /^Conditions:$/m, /^Capacity:$/m]);
      await says(`namespace ${talk.namespace}`, [
        new RegExp(`^Name: +${talk.namespace}$`, 'm'),
        /^Status: +Active$/m,
        /^No resource quota\.$/m,
        /^No LimitRange resource\.$/m,
      ]);
    },
  'Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments': async ({
    kubectl,
    outcome,
  }) => {
    const deployment = (image: string): string =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'httpd-deployment' },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: 'httpd' } },
          template: { metadata: { labels: { app: 'httpd' } }, spec: { containers: [{ name: 'httpd', image }] } },
        },
      });
    await kubectl('create -f -', { input: deployment('httpd') });
    const { exitCode, stdout } = await outcome('diff -f -', { input: deployment('busybox') });
    assert.equal(exitCode, 1);
    assert.match(stdout, /^- +- image: httpd$/m);
    assert.match(stdout, /^\+ +- image: busybox$/m);
  },
  'Kubectl client Kubectl expose should create services for rc': async (setting) => {
    const { kubectl, talk } = setting;
    await primary(setting);
    for (const [args, name, port] of [
      ['expose rc agnhost-primary --name=rm2 --port=1234 --target-port=6379', 'rm2', 1234],
      ['expose service rm2 --name=rm3 --port=2345 --target-port=6379', 'rm3', 2345],
    ] as const) {
      await kubectl(args);
      const made = await talk.get(talk.here('services', name));
      assert.deepEqual([at(made, 'spec/ports/0/port'), at(made, 'spec/ports/0/targetPort')], [port, 6379]);
      const selector = `labelSelector=kubernetes.io/service-name%3D${name}`;
      await eventually(async () => {
        const [slice] = itemsOf(await talk.get(`${talk.here('discovery.k8s.io/v1/endpointslices')}?${selector}`));
        return (at(slice, 'endpoints/0/addresses/0') && at(slice, 'ports/0/port') === 6379) || undefined;
      });
    }
  },
  'Kubectl client Kubectl label should update the label on a resource': async ({ kubectl, talk }) => {
    await kubectl('run pause --image=pause');
    await running(talk, 'run=pause', 1);
    await kubectl('label pods pause testing-label=testing-label-value');
    assert.match(await kubectl('get pod pause -L testing-label'), /testing-label-value/);
    await kubectl('label pods pause testing-label-');
    assert.doesNotMatch(await kubectl('get pod pause -L testing-label'), /testing-label-value/);
  },
  'Kubectl client Kubectl patch should add annotations for pods in rc': async (setting) => {
    const pod = await primary(setting);
    await setting.kubectl(`patch pod ${pod} -p {"metadata":{"annotations":{"x":"y"}}}`);
    assert.equal(at(await setting.talk.get(setting.talk.here('pods', pod)), 'metadata/annotations/x'), 'y');
  },
  "Kubectl client Kubectl replace should update a single-container pod's image": async ({ kubectl, talk }) => {
    await kubectl('run e2e-test-httpd-pod --image=httpd --pod-running-timeout=2m0s --labels=run=e2e-test-httpd-pod');
    await running(talk, 'run=e2e-test-httpd-pod', 1);
    const pod = await kubectl('get pod e2e-test-httpd-pod -o json');
    await kubectl('replace -f -', { input: pod.replace('"image": "httpd"', '"image": "busybox"') });
    assert.equal(await imageOf(talk, 'e2e-test-httpd-pod'), 'busybox');
  },
  'Kubectl client Kubectl run pod should create a pod from an image when restart is Never': async ({
    kubectl,
    talk,
  }) => {
    await kubectl('run e2e-test-httpd-pod --restart=Never --pod-running-timeout=2m0s --image=httpd');
    const pod = await talk.get(talk.here('pods', 'e2e-test-httpd-pod'));
    const containers = at<Wire[]>(pod, 'spec/containers') ?? [];
    assert.deepEqual([containers.map(({ image }) => image), at(pod, 'spec/restartPolicy')], [['httpd'], 'Never']);
  },
  'Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods': async ({
    kubectl,
    talk,
  }) => {
    await kubectl('run e2e-test-httpd-pod --image=httpd --pod-running-timeout=2m0s --labels=run=e2e-test-httpd-pod');
    const patch = { spec: { containers: [{ name: 'e2e-test-httpd-pod', image: 'busybox' }] } };
    await kubectl(`patch pod e2e-test-httpd-pod -p ${JSON.stringify(patch)} --dry-run=server`);
    assert.equal(await imageOf(talk, 'e2e-test-httpd-pod'), 'httpd');
  },
  'Kubectl client Proxy server should support proxy with --port 0': async ({ proxied }) =>
    assert.ok(JSON.parse(await proxied('-p 0 --disable-filter', '/api/')).versions.length > 0),
  'Kubectl client Proxy server should support --unix-socket=/path': async ({ proxied, folder }) =>
    assert.ok(JSON.parse(await proxied(`--unix-socket=${folder}/proxy.sock`, '/api/')).versions.length > 0),
  'Kubectl client Update Demo should create and stop a replication controller': async (setting) => {
    const { kubectl, talk } = setting;
    await kubectl('create -f -', { input: controller.replace('"replicas":1', '"replicas":2') });
    await running(talk, 'app=agnhost', 2);
    await kubectl('delete --grace-period=0 --force -f -', { input: controller });
    assert.equal(await kubectl('get rc,pods -l app=agnhost --no-headers'), '');
  },
  'Kubectl client Update Demo should scale a replication controller': async (setting) => {
    const { kubectl, talk } = setting;
    await kubectl('create -f -', { input: controller.replace('"replicas":1', '"replicas":2') });
    await running(talk, 'app=agnhost', 2);
    for (const replicas of [1, 2]) {
      await kubectl(`scale rc agnhost-primary --replicas=${replicas} --timeout=5m`);
      await running(talk, 'app=agnhost', replicas);
    }
    await kubectl('delete --grace-period=0 --force -f -', { input: controller });
  },
};

/** The body of a response over TCP or a Unix socket. */
const body = (options: { socketPath: string } | { host: string; port: number }, path: string): Promise<string> =>
  new Promise((settle, reject) => {
    const asking = request({ ...options, path }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      settle(text);
    });
    asking.on('error', reject).end();
  });

test('kubectl', { concurrency: true }, async (context) => {
  await using plane = await startControlPlane({ nodes: 2 });
  const { kubeconfigFile, client } = plane;
  const runs = Object.entries(checks).map(([name, check], index) =>
    context.test(name, async () => {
      const talk = await inNamespace(client, `kubectl-${index}`);
      const folder = mkdtempSync(join(tmpdir(), 'conformance-kubectl-'));
      const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfigFile };
      const command = (args: string): string[] => [realKubectl(), `--namespace=${talk.namespace}`, ...args.split(' ')];
      try {
        await check({
          talk,
          folder,
          kubectl: async (args, settings) =>
            stdoutOf(args, await startCommand(command(args), { ...settings, env }).outcome),
          outcome: (args, settings) => startCommand(command(args), { ...settings, env }).outcome,
          proxied: async (flags, path) => {
            const [program = '', ...words] = command(`proxy ${flags}`);
            const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
            try {
              const line = await new Promise<string>((settle) =>
                child.stdout.once('data', (text) => settle(`${text}`)),
              );
              const [, host = '', port] = /Starting to serve on ([\d.]+):(\d+)/.exec(line) ?? [];
              const [, socketPath = ''] = /Starting to serve on (\/\S+)/.exec(line) ?? [];
              return await body(port ? { host, port: Number(port) } : { socketPath }, path);
            } finally {
              child.kill();
            }
          },
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
  );
  await Promise.all(runs);
});
