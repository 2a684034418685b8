/**
 * kube-proxy with many services: the time from a change to rules that are in effect, and the processor time of itself
 * and of the programs that it runs. `node bench/proxy.bench.ts [services] [endpoints of each] [mode]`. Needs root: it writes
 * rules in a network namespace of its own.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { forgetUdpFlows, IptablesRules, iptables, NftablesRules, nft, Proxier } from '@typernetes/kube-proxy';
import { makeProxierOptions } from '@typernetes/kube-proxy/testing';

const namespaced = 'TYPERNETES_PROXY_BENCH';
if (process.env[namespaced] === undefined) {
  const { status } = spawnSync('unshare', ['--net', process.execPath, ...process.argv.slice(1)], {
    env: { ...process.env, [namespaced]: '1' },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

const [count, width] = [Number(process.argv[2] ?? 2000), Number(process.argv[3] ?? 5)];
const mode = process.argv[4] ?? 'iptables';
const changes = 10;
const syncPeriodMs = 10_000;
const api = new FakeApi({ clock: systemClock });

function sliceOf(at: number, first: number): EndpointSlice {
  return {
    metadata: {
      name: `s${at}-a`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': `s${at}` },
    } as unknown as EndpointSlice['metadata'],
    addressType: 'IPv4',
    endpoints: Array.from({ length: width }, (_, i) => ({
      addresses: [`10.${(at >> 8) + 1}.${at & 255}.${first + i}`],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${i}`,
    })),
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  };
}

for (let at = 0; at < count; at++) {
  const clusterIP = `10.200.${at >> 8}.${at & 255}`;
  const spec = { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: 'TCP' as const }] };
  await api.resource(services).create({ metadata: { name: `s${at}`, namespace: 'default' }, spec } as never);
  await api.resource(endpointslices).create(sliceOf(at, 1));
}

const informers = sharedInformers({ client: api, clock: systemClock, log: silentLogger, random: { next: () => 0 } });
const proxier = new Proxier(makeProxierOptions('node-0', { syncPeriodMs }), {
  informers,
  rules:
    mode === 'nftables'
      ? new NftablesRules('IPv4', { nft: nft('IPv4'), clock: systemClock, log: silentLogger })
      : new IptablesRules(iptables('IPv4')),
  forgetUdpFlows: (flows) => forgetUdpFlows('IPv4', flows),
  healthPorts: { sync: async () => {} },
  localAddresses: () => [],
  clock: systemClock,
  log: silentLogger,
});

/** Milliseconds of wall clock, of processor time, and of that of ended children (in ticks of 10 ms). */
async function spent(work: () => Promise<unknown>): Promise<string> {
  const now = (): readonly number[] => {
    const { user, system } = process.cpuUsage();
    const fields = (readFileSync('/proc/self/stat', 'utf8').split(') ')[1] ?? '').split(' ').map(Number);
    return [performance.now(), (user + system) / 1000, ((fields[13] ?? 0) + (fields[14] ?? 0)) * 10];
  };
  const before = now();
  await work();
  const [took = 0, own = 0, programs = 0] = now().map((value, i) => Math.round(value - (before[i] ?? 0)));
  return `${took} ms, processor time ${own} ms, of programs ${programs} ms`;
}

async function synced(after: number | undefined): Promise<void> {
  while (proxier.lastSync === after) await sleep(2);
}

const stop = new AbortController();
const running = Promise.all([informers.run(stop.signal), proxier.run(stop.signal)]);
console.log(`${count} services of ${width} endpoints each, all rules: ${await spent(() => synced(undefined))}`);
for (let at = 0; at < changes; at++) {
  // Longer than the least time between two syncs.
  await sleep(1200);
  const { metadata } = await api.resource(endpointslices).get({ name: `s${at}-a`, namespace: 'default' });
  const before = proxier.lastSync;
  const change = async (): Promise<void> => {
    await api.resource(endpointslices).update({ ...sliceOf(at, 101), metadata });
    await synced(before);
  };
  console.log(`the endpoints of a service change: ${await spent(change)}`);
}
console.log(`nothing changes, three checks: ${await spent(() => sleep(3 * syncPeriodMs))}`);
stop.abort();
await running;
