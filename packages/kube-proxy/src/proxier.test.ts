import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Service, services } from '@typernetes/api/core/v1';
import { endpointslices } from '@typernetes/api/discovery/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { createMetrics, type Metrics } from '@typernetes/process';
import { IptablesRules } from './iptables/iptables-rules.ts';
import { Proxier } from './proxier.ts';
import { proxyMetrics } from './proxy-metrics.ts';
import { makeProxierOptions } from './testing/proxier-options.ts';

const syncPeriodMs = 30_000;

/** A running proxier whose packet filter fails while `failing` is set. */
async function proxying(
  use: (of: { api: FakeApi; clock: FakeClock; proxier: Proxier; filter: Filter; metrics: Metrics }) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const informers = sharedInformers({ client: api, clock, log: silentLogger, random: { next: () => 0 } });
  const filter: Filter = { failing: false, holds: true, checks: 0, rewrites: 0, restored: '' };
  const act = async <T>(work: () => T): Promise<T> => {
    if (filter.failing)
      throw new Error('iptables-restore exited with 4: Another app is currently holding the xtables lock');
    return work();
  };
  const packetFilter = {
    restore: (input: string) =>
      act(() => {
        filter.restored += input;
      }),
    ensureJumps: () =>
      act(() => {
        filter.rewrites++;
        filter.holds = true;
      }),
    holds: () =>
      act(() => {
        filter.checks++;
        return filter.holds;
      }),
    existingChains: () => act(() => ({ nat: [], filter: [] })),
    remove: async () => false,
  };
  const metrics = createMetrics();
  const proxier = new Proxier(makeProxierOptions('n', { syncPeriodMs }), {
    informers,
    metrics: proxyMetrics(metrics, 'iptables'),
    localAddresses: () => [],
    rules: new IptablesRules(packetFilter),
    forgetUdpFlows: () => act(() => {}),
    healthPorts: { sync: async () => {} },
    clock,
    log: silentLogger,
  });
  const stop = new AbortController();
  const running = Promise.all([informers.run(stop.signal), proxier.run(stop.signal)]);
  await clock.advance(0);
  await use({ api, clock, proxier, filter, metrics });
  stop.abort();
  await running;
}

interface Filter {
  failing: boolean;
  /** Whether our rules are still there. */
  holds: boolean;
  /** The numbers of checks, and of times that everything was written anew. */
  checks: number;
  rewrites: number;
  restored: string;
}

let last = 10;
const serve = (api: FakeApi): Promise<Service> => {
  const clusterIP = `10.96.0.${last++}`;
  const spec = { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: 'TCP' as const }] };
  return api.resource(services).create({ metadata: { name: `s${last}`, namespace: 'default' }, spec } as never);
};

test('rules that could not be written are retried, and health fails meanwhile', () =>
  proxying(async ({ api, clock, proxier, filter, metrics }) => {
    filter.failing = true;
    const { spec } = await serve(api);
    await clock.advance(600_000);
    assert.ok(!proxier.healthy);
    filter.failing = false;
    await clock.advance(3000);
    assert.ok(proxier.healthy);
    assert.match(filter.restored, new RegExp(`${spec.clusterIP}/32`));
    const rendered = metrics.render();
    assert.match(rendered, /\nkubeproxy_sync_proxy_rules_iptables_restore_failures_total\{ip_family="IPv4"\} [1-9]/);
    assert.match(rendered, /\nkubeproxy_sync_proxy_rules_duration_seconds_count\{ip_family="IPv4"\} [1-9]/);
    assert.match(rendered, /\nkubeproxy_sync_proxy_rules_iptables_total\{ip_family="IPv4",table="nat"\} [1-9]/);
    assert.match(rendered, /\nkubeproxy_sync_proxy_rules_iptables_last\{ip_family="IPv4",table="nat"\} [1-9]/);
    assert.match(rendered, /\nkubeproxy_sync_proxy_rules_service_changes_total 1\n/);
    assert.match(rendered, /\nkubeproxy_sync_proxy_rules_service_changes_pending 0\n/);
    filter.failing = true;
    await serve(api);
    await clock.advance(syncPeriodMs);
    assert.ok(proxier.healthy, 'a moment of failure is none');
    await clock.advance(2 * syncPeriodMs);
    assert.ok(!proxier.healthy);
  }));

test('restores rules that others removed, even while services change all the time', () =>
  proxying(async ({ api, clock, filter }) => {
    await serve(api);
    await clock.advance(2000);
    const before = filter.checks;
    for (let second = 0; second < 100; second += 5) {
      await serve(api);
      await clock.advance(5000);
    }
    assert.equal(filter.checks - before, 3);
    assert.equal(filter.rewrites, 1);
    filter.holds = false;
    filter.restored = '';
    await clock.advance(syncPeriodMs);
    assert.equal(filter.rewrites, 2);
    assert.match(filter.restored, /^:KUBE-MARK-MASQ /m);
  }));

test('writes everything anew once an hour, and after a failure', () =>
  proxying(async ({ api, clock, filter, metrics }) => {
    await serve(api);
    await clock.advance(3_500_000);
    assert.equal(filter.rewrites, 1);
    await clock.advance(140_000);
    assert.equal(filter.rewrites, 2);
    filter.failing = true;
    await serve(api);
    await clock.advance(1500);
    filter.failing = false;
    await clock.advance(3000);
    assert.equal(filter.rewrites, 3);
    const rendered = metrics.render();
    assert.match(rendered, /\nkubeproxy_sync_full_proxy_rules_duration_seconds_count\{ip_family="IPv4"\} 4\n/);
    assert.match(rendered, /\nkubeproxy_sync_partial_proxy_rules_duration_seconds_count\{ip_family="IPv4"\} [1-9]/);
    assert.match(
      rendered,
      /\nkubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total\{ip_family="IPv4"\} [1-9]/,
    );
  }));

test('measures programming latency from the time an endpoint change was made', () =>
  proxying(async ({ api, clock, metrics }) => {
    await serve(api);
    await clock.advance(2000);
    const at = new Date(clock.now() - 400).toISOString();
    await api.resource(endpointslices).create({
      metadata: {
        name: 'a',
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': `s${last}` },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': at },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.0.9'], nodeName: 'other' }],
      ports: [],
    });
    await clock.advance(2000);
    const rendered = metrics.render();
    assert.match(rendered, /\nkubeproxy_network_programming_duration_seconds_count\{ip_family="IPv4"\} 1\n/);
    assert.match(rendered, /\nkubeproxy_sync_proxy_rules_endpoint_changes_total 1\n/);
    assert.match(
      rendered,
      /\nkubeproxy_sync_proxy_rules_no_local_endpoints_total\{ip_family="IPv4",traffic_policy="internal"\} 0\n/,
    );
  }));

test('without services nothing is written, and the sync still counts', () =>
  proxying(async ({ clock, filter, metrics }) => {
    await clock.advance(2000);
    assert.equal(filter.restored, '');
    assert.match(metrics.render(), /\nkubeproxy_sync_proxy_rules_duration_seconds_count\{ip_family="IPv4"\} 1\n/);
    assert.match(metrics.render(), /\nkubeproxy_sync_proxy_rules_last_timestamp_seconds\{ip_family="IPv4"\} /);
  }));
