import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeRuntime } from '@typernetes/cri/testing';
import { createMetrics } from '@typernetes/process';
import { completeConfiguration } from '../config/defaults.ts';
import { ProbeDurations } from '../probes/probe-durations.ts';
import { type MachineUsage, memoryOf, swapOf } from '../resources/machine-usage.ts';
import { podOf } from '../testing/pod-machine.ts';
import { Access, type AccessOptions, subresourcesOf } from './access.ts';
import { KubeletServer } from './kubelet-server.ts';

function tookSeconds(...all: readonly number[]): ProbeDurations {
  const durations = new ProbeDurations();
  for (const seconds of all) durations.observe(seconds);
  return durations;
}

const space = { available: 60, capacity: 100 };
const meminfo = 'MemTotal: 400 kB\nMemFree: 100 kB\nAnonPages: 200 kB\nInactive(file): 50 kB\n';
const machine: MachineUsage = {
  memory: memoryOf(meminfo, 'pgfault 7\npgmajfault 2\n'),
  swap: swapOf('SwapTotal: 4 kB\nSwapFree: 3 kB\n'),
  nodeFs: { bytes: space, inodes: space },
  imageFs: undefined,
  imagesApart: false,
  network: [
    {
      name: 'eth0',
      receive: { bytes: 5, packets: 1, errors: 2, dropped: 0 },
      transmit: { bytes: 7, packets: 1, errors: 0, dropped: 0 },
    },
  ],
  upSeconds: 1,
  processes: { running: 3, most: 10 },
};

async function withServer(
  { settings = {}, ...access }: Partial<AccessOptions> & { settings?: Partial<KubeletConfiguration> },
  use: (
    get: (path: string, headers?: Record<string, string>, method?: string) => Promise<{ status: number; text: string }>,
  ) => Promise<void>,
  readOnly = false,
): Promise<void> {
  const clock = new FakeClock();
  const handler = new KubeletServer({
    runtime: new FakeRuntime({ clock }),
    access: new Access({
      anonymous: true,
      tokens: true,
      authorization: 'AlwaysAllow',
      nodeName: 'n',
      tokenTtlMs: 1000,
      allowedTtlMs: 1000,
      deniedTtlMs: 1000,
      clock,
      log: silentLogger,
      client: undefined,
      ...access,
    }),
    pods: () => [{ ...podOf('web'), status: { phase: 'Running' } }, podOf('new')],
    nodeName: 'n',
    cpus: 2,
    metrics: createMetrics(),
    facts: { name: 'kubelet', flags: { 'node-ip': ['10.0.0.1'], v: 2 } },
    verbosity: { level: 2 },
    probes: () => [
      {
        pod: podOf('web'),
        container: 'c',
        kind: 'liveness',
        counts: { successful: 2, failed: 1, unknown: 0 },
        durations: tookSeconds(0.02, 3),
      },
    ],
    settings: completeConfiguration({ maxPods: 7, ...settings }),
    checkpoints: '/nowhere/checkpoints',
    resources: {
      machine: async () => machine,
      cpu: async () => ({ usageCoreNanoSeconds: 5e9, usageNanoCores: 1 }),
      system: async () => [],
      usages: async () => new Map(),
      mounted: async () => new Map(),
      group: async () => undefined,
      swap: async () => undefined,
    },
    clock,
    log: silentLogger,
  });
  const server = createServer(readOnly ? handler.handleReadOnly : handler.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await use(async (path, headers = {}, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, method });
      return { status: response.status, text: await response.text() };
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('serves pods, settings, statistics and metrics', () =>
  withServer({}, async (get) => {
    const names = async (path: string): Promise<string[]> =>
      JSON.parse((await get(path)).text).items.map((pod: { metadata: { name: string } }) => pod.metadata.name);
    assert.deepEqual(await names('/pods'), ['web', 'new']);
    assert.deepEqual(await names('/runningpods/'), []);
    const { kubeletconfig } = JSON.parse((await get('/configz')).text);
    assert.equal(kubeletconfig.maxPods, 7);
    assert.deepEqual(kubeletconfig.authorization.webhook, { cacheAuthorizedTTL: '5m0s', cacheUnauthorizedTTL: '30s' });
    assert.deepEqual(
      [kubeletconfig.kind, kubeletconfig.apiVersion],
      ['KubeletConfiguration', 'kubelet.config.k8s.io/v1beta1'],
    );
    const { node } = JSON.parse((await get('/stats/summary')).text);
    const { time: _, ...memory } = node.memory;
    const [usageBytes, workingSetBytes, rssBytes] = [300, 250, 200].map((kilobytes) => kilobytes * 1024);
    assert.deepEqual(memory, {
      availableBytes: 150 * 1024,
      usageBytes,
      workingSetBytes,
      rssBytes,
      pageFaults: 7,
      majorPageFaults: 2,
    });
    assert.deepEqual([node.fs.usedBytes, node.rlimit.maxpid], [40, 10]);
    assert.deepEqual([node.swap.swapUsageBytes, node.swap.swapAvailableBytes], [1024, 3072]);
    const brief = (await get('/stats/summary?only_cpu_and_memory=true')).text;
    assert.match(brief, /^\{\n "node": \{\n {2}"nodeName": "n",\n/);
    const shown = ['nodeName', 'startTime', 'cpu', 'memory', 'swap'];
    assert.deepEqual(Object.keys(JSON.parse(brief).node), shown);
    const uplink = { name: 'eth0', rxBytes: 5, rxErrors: 2, txBytes: 7, txErrors: 0 };
    assert.deepEqual(node.network, { time: node.memory.time, ...uplink, interfaces: [uplink] });
    const resource = await get('/metrics/resource');
    assert.match(resource.text, /^node_cpu_usage_seconds_total 5 \d+$/m);
    assert.match(resource.text, /^node_memory_working_set_bytes 256000 \d+$/m);
    assert.match(resource.text, /^node_swap_usage_bytes 1024 \d+$/m);
    assert.match((await get('/metrics/cadvisor')).text, /^machine_cpu_cores 2$/m);
    const probes = (await get('/metrics/probes')).text;
    const own = 'container="c",namespace="default",pod="web",pod_uid="uid-web",probe_type="Liveness"';
    assert.ok(probes.includes(`prober_probe_total{${own},result="successful"} 2\n`), probes);
    assert.ok(!probes.includes('unknown'));
    const took = 'prober_probe_duration_seconds';
    const probe = 'container="c",namespace="default",pod="web",probe_type="Liveness"';
    for (const line of [
      `${took}_bucket{${probe},le="0.01"} 0`,
      `${took}_bucket{${probe},le="0.025"} 1`,
      `${took}_bucket{${probe},le="5"} 2`,
      `${took}_bucket{${probe},le="+Inf"} 2`,
      `${took}_sum{${probe}} 3.02`,
      `${took}_count{${probe}} 2`,
    ])
      assert.ok(probes.includes(`${line}\n`), line);
    assert.deepEqual(await get('/containerLogs/default/gone/web'), {
      status: 404,
      text: 'pod "gone" does not exist',
    });
    assert.deepEqual(await get('/containerLogs/default/web/x'), {
      status: 404,
      text: 'container "x" not found in pod "web"',
    });
    assert.equal((await get('/checkpoint/default/web/web')).status, 405);
    const checkpoint = (path: string) => get(`/checkpoint/${path}`, {}, 'POST');
    assert.deepEqual(await checkpoint('default/gone/c'), { status: 404, text: 'pod does not exist' });
    assert.deepEqual(await checkpoint('default/web/x'), { status: 404, text: 'container x does not exist' });
    const text = 'checkpointing of default/web/web failed (container web not found)';
    assert.deepEqual(await checkpoint('default/web/web'), { status: 500, text });
    assert.equal((await get('/logs/../../etc/passwd')).status, 404);
  }));

test('the read-only port shows what runs, and nothing else', () =>
  withServer(
    { anonymous: false, tokens: false },
    async (get) => {
      for (const path of ['/healthz', '/pods', '/stats/summary', '/metrics/cadvisor'])
        assert.equal((await get(path)).status, 200, path);
      for (const path of ['/configz', '/statusz', '/checkpoint/default/web/web'])
        assert.deepEqual(await get(path), { status: 404, text: '404 page not found\n' }, path);
      for (const path of ['/logs/', '/containerLogs/default/web/web', '/exec/default/web/web', '/runningpods/'])
        assert.deepEqual(await get(path), { status: 405, text: 'Debug endpoints are disabled.\n' }, path);
    },
    true,
  ));

test('refuses anonymous requests; permission for any of the subresources is enough', async () => {
  await withServer({ anonymous: false }, async (get) => {
    assert.deepEqual(await get('/pods'), { status: 401, text: 'Unauthorized' });
  });
  const asked: string[] = [];
  const client = {
    json: async <R>(_method: string, path: string, body?: unknown): Promise<R> => {
      const { spec } = body as { spec: { resourceAttributes?: { subresource: string } } };
      const subresource = spec.resourceAttributes?.subresource;
      asked.push(path.split('/').at(-1) + (subresource ? ` ${subresource}` : ''));
      const status = subresource
        ? { allowed: subresource === 'proxy' }
        : { authenticated: true, user: { username: 'kim', groups: [] } };
      return { status } as R;
    },
  };
  await withServer({ authorization: 'Webhook', client }, async (get) => {
    const headers = { authorization: 'Bearer secret' };
    assert.equal((await get('/pods', headers)).status, 200);
    assert.equal((await get('/pods', headers)).status, 200);
    assert.deepEqual(asked, ['tokenreviews', 'subjectaccessreviews pods', 'subjectaccessreviews proxy']);
    assert.deepEqual(await get('/stats/summary', headers), {
      status: 403,
      text: 'Forbidden (user=kim, verb=get, resource=nodes, subresource(s)=[stats])\n',
    });
  });
  const failing = { json: () => Promise.reject(new Error('it is away')) };
  await withServer({ authorization: 'Webhook', client: failing }, async (get) => {
    assert.equal((await get('/pods', { authorization: 'Bearer secret' })).status, 401);
    assert.deepEqual(await get('/stats/summary', {}, 'HEAD'), { status: 500, text: '' });
    assert.deepEqual(await get('/pods'), {
      status: 500,
      text: 'Authorization error (user=system:anonymous, verb=get, resource=nodes, subresource=pods)',
    });
  });
});

test('shows the program and its flags, and health checks in parts', () =>
  withServer({}, async (get) => {
    assert.match((await get('/statusz')).text, /^\nkubelet statusz\n/);
    assert.match((await get('/flagz')).text, /\nnode-ip=\[10\.0\.0\.1\]\nv=2\n$/);
    const accept = 'application/json;v=v1beta1;g=config.k8s.io;as=Flagz';
    assert.deepEqual(JSON.parse((await get('/flagz', { accept })).text).flags, { 'node-ip': '[10.0.0.1]', v: '2' });
    assert.equal((await get('/flagz', { accept: 'image/png' })).status, 406);
    assert.deepEqual(await get('/healthz/syncloop'), { status: 200, text: 'ok' });
    assert.equal(
      (await get('/healthz?verbose')).text,
      '[+]ping ok\n[+]log ok\n[+]syncloop ok\n[+]device-plugin ok\nhealthz check passed\n',
    );
    assert.match(
      (await get('/metrics/slis')).text,
      /^kubernetes_healthchecks_total\{name="ping",status="success",type="healthz"\} 1$/m,
    );
    assert.deepEqual(await get('/debug/flags/v'), { status: 406, text: 'unsupported http method\n' });
    assert.match((await get('/debug/pprof/goroutine?debug=1')).text, /^goroutine profile: total [1-9]/);
    assert.deepEqual(await get('/debug/pprof/profile?seconds=14400'), {
      status: 400,
      text: "profile duration exceeds server's WriteTimeout\n",
    });
  }));

test('serves profiles and flags unless the configuration disables them', async () => {
  await withServer({ settings: { enableProfilingHandler: false, enableDebugFlagsHandler: false } }, async (get) => {
    assert.deepEqual(await get('/debug/pprof/'), { status: 405, text: 'profiling endpoint is disabled.\n' });
    assert.deepEqual(await get('/debug/flags/v'), { status: 405, text: 'flags endpoint is disabled.\n' });
  });
  await withServer({ settings: { enableDebuggingHandlers: false } }, async (get) => {
    assert.deepEqual(await get('/debug/pprof/'), { status: 405, text: 'Debug endpoints are disabled.\n' });
  });
});

test('maps paths to subresources', () => {
  const table = {
    '/metrics/cadvisor': 'metrics',
    '/logs/': 'log',
    '/statusz': 'statusz',
    '/flagz': 'configz',
    '/exec/a/b/c': 'proxy',
    '/healthz/ping': 'healthz proxy',
  };
  for (const [path, expected] of Object.entries(table)) assert.equal(subresourcesOf(path).join(' '), expected);
});
