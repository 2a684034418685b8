import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { StatusError } from '@typernetes/machinery';
import { createMetrics } from '@typernetes/process';
import { MemoryStore, type Store } from '@typernetes/store';
import { parseAddressRanges } from './address-range.ts';
import { KeyReservations, type ReservationFormat } from './key-reservations.ts';
import { repairMetrics } from './repair-metrics.ts';
import { portFormat } from './reservation-formats.ts';
import { ReservationRepair } from './reservation-repair.ts';
import { reservedServices } from './reserved-services.ts';
import { serviceAllocator } from './service-allocator.ts';

const ranges = parseAddressRanges('10.96.0.0/28') ?? [];
const service = (name: string, spec: ServiceSpec): Service => ({ metadata: { name, namespace: 'd' }, spec }) as Service;
const nodePort = (name: string, port?: number): Service =>
  service(name, { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', ...(port ? { nodePort: port } : {}) }] });
const portOf = ({ spec }: Service): number | undefined => spec?.ports?.[0]?.nodePort;
const write = { dryRun: false };

/** Servers that share only the store; chance makes all of them choose the lowest free value. */
function serversOn(store: Store, count: number) {
  const reservations = {
    addresses: new KeyReservations<string>(store, {
      ...portFormat('/registry/'),
      root: '/registry/ipaddresses/',
      valueOf: String,
    } as unknown as ReservationFormat<string>),
    ports: new KeyReservations(store, portFormat('/registry/')),
  };
  const servers = Array.from({ length: count }, () =>
    reservedServices(
      serviceAllocator({
        addresses: ranges,
        nodePorts: { first: 30000, last: 30009 },
        existing: [],
        random: { next: () => 0 },
      }),
      { ...reservations, log: silentLogger },
    ),
  );
  return { reservations, servers };
}

test('servers that choose at the same time never choose the same value', async () => {
  const { servers } = serversOn(new MemoryStore(), 3);
  const made = Array.from({ length: 9 }, (_, i) => nodePort(`s${i}`));
  const claims = await Promise.all(made.map((next, i) => servers[i % 3]?.claim(next, undefined, write)));
  for (const claim of claims) await claim?.commit();
  assert.equal(new Set(made.map(portOf)).size, 9);
  assert.equal(new Set(made.map(({ spec }) => spec?.clusterIP)).size, 9);
});

test('refuses a requested value that another server has allocated, and frees everything else', async () => {
  const { servers, reservations } = serversOn(new MemoryStore(), 2);
  const [one, two] = servers;
  const first = nodePort('first', 30005);
  await (await one?.claim(first, undefined, write))?.commit();
  await assert.rejects(
    async () => two?.claim(nodePort('second', 30005), undefined, write),
    /spec.ports\[0\].nodePort: Invalid value: 30005: provided port is already allocated/,
  );
  assert.deepEqual([(await reservations.addresses.list()).length, (await reservations.ports.list()).length], [1, 1]);
  await one?.release(first);
  await (await two?.claim(nodePort('second', 30005), undefined, write))?.commit();
});

test('a refused write frees its reservations; one with an unknown result keeps them until the repair', async () => {
  const { servers, reservations } = serversOn(new MemoryStore(), 1);
  const [server] = servers;
  await (await server?.claim(nodePort('a'), undefined, write))?.revert(new StatusError('Conflict', 'refused'));
  assert.equal((await reservations.ports.list()).length, 0);
  await (await server?.claim(nodePort('b'), undefined, { dryRun: true }))?.revert();
  assert.equal((await reservations.ports.list()).length, 0);
  const maybe = nodePort('maybe');
  const lost = nodePort('lost');
  for (const next of [maybe, lost])
    await (await server?.claim(next, undefined, write))?.revert(new Error('Cannot commit to the store: timed out'));
  assert.equal((await reservations.ports.list()).length, 2);

  const old = nodePort('old', 30009);
  const metrics = createMetrics();
  const repair = new ReservationRepair(reservations, async () => [maybe, old], {
    clock: new FakeClock(),
    log: silentLogger,
    observer: repairMetrics(metrics),
  });
  const holders = async (): Promise<string[]> =>
    (await reservations.ports.list()).map(({ holder }) => holder.name).toSorted();
  await repair.repair();
  assert.deepEqual(
    await holders(),
    ['lost', 'maybe', 'old'],
    'what is held is reserved; what is not may be about to be',
  );
  await repair.repair();
  assert.deepEqual(await holders(), ['maybe', 'old']);
  const text = metrics.render();
  for (const type of ['leak', 'repair'])
    assert.match(text, new RegExp(`^apiserver_nodeport_repair_port_errors_total\\{type="${type}"\\} 1$`, 'm'));
});
