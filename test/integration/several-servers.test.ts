import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock, systemRandom } from '@typernetes/base';
import { readBody, type Transport } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import { EtcdStore } from '@typernetes/store/etcd';
import { eventually } from './api.ts';
import { startEtcd } from './etcd-server.ts';
import { FollowedObjects } from './followed-objects.ts';
import { makeServerPlace, type RunningServer, type ServerPlace, startServer } from './server-program.ts';

const collection = '/api/v1/namespaces/default/configmaps';
const serverCount = 3;
const kills = 4;
/** The number of acknowledged writes between two kills. */
const writesPerRound = 100;

const etcd = await startEtcd();
const places = await Promise.all(Array.from({ length: serverCount }, () => makeServerPlace()));
after(async () => {
  await etcd.remove();
  for (const place of places) place.remove();
});

/** One of the servers, which may be down at any moment. */
class Member {
  readonly address: string;
  readonly #place: ServerPlace;
  #running: RunningServer | undefined;

  constructor(place: ServerPlace, index: number) {
    this.#place = place;
    this.address = `192.0.2.${index + 1}`;
  }

  connect(): Transport {
    return this.#place.connect();
  }

  async start(): Promise<void> {
    const flags = [`--etcd-servers=${etcd.endpoint}`, `--advertise-address=${this.address}`];
    this.#running = await startServer(this.#place, { flags });
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#running?.end(signal);
    this.#running = undefined;
  }
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(systemRandom.next() * list.length)] as T;

interface Answer {
  readonly status: number;
  readonly object: ApiObject & { data?: Record<string, string>; spec?: unknown };
}

/**
 * Sends a request to one server after the other, starting with a random one, until one answers; `surely` tells whether
 * no other server can have received it.
 */
async function ask(transports: readonly Transport[], method: string, path: string, body?: object) {
  let surely = true;
  for (;;) {
    try {
      return { ...(await call(pick(transports), method, path, body)), surely };
    } catch {
      surely = false;
      await systemClock.sleep(10);
    }
  }
}

async function call(transport: Transport, method: string, path: string, body?: object): Promise<Answer> {
  const response = await transport.request({
    method,
    path,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  const text = Buffer.from(await readBody(response)).toString();
  return { status: response.status, object: JSON.parse(text) as Answer['object'] };
}

/**
 * Creates, changes and deletes an object, again and again, each time through another server, and reads it through yet
 * another.
 */
async function ownWriter(transports: readonly Transport[], prefix: string, stop: AbortSignal, count: () => void) {
  for (let i = 0; !stop.aborted; i++) {
    const name = `${prefix}-${i}`;
    const path = `${collection}/${name}`;
    const map = (content: string) => ({ metadata: { name }, data: { content } });
    const steps = [
      ['POST', collection, 'first'],
      ['PUT', path, 'second'],
      ['DELETE', path, undefined],
    ] as const;
    for (const [method, at, content] of steps) {
      const written = await ask(transports, method, at, content ? map(content) : undefined);
      // A repeated request may find the effect of the first.
      if (written.surely) assert.ok(written.status < 300, `${method} ${at}: ${JSON.stringify(written.object)}`);
      if (written.status < 300) count();
      const read = await ask(transports, 'GET', path);
      assert.equal(read.status === 404 ? undefined : read.object.data?.content, content, `${method} ${path}, then GET`);
      if (written.status < 300 && content)
        assert.equal(read.object.metadata.resourceVersion, written.object.metadata.resourceVersion);
    }
  }
}

/** Increments a counter shared by all, by reading it from one server and writing it to another. */
async function incrementer(transports: readonly Transport[], stop: AbortSignal, count: () => void) {
  const path = `${collection}/counter`;
  const tally = { acknowledged: 0, unknown: 0 };
  while (!stop.aborted) {
    const { object } = await ask(transports, 'GET', path);
    const next = { ...object, data: { n: String(Number(object.data?.n) + 1) } };
    try {
      const { status } = await call(pick(transports), 'PUT', path, next);
      if (status === 200) {
        tally.acknowledged++;
        count();
      } else if (status !== 409) tally.unknown++;
    } catch {
      tally.unknown++;
    }
  }
  return tally;
}

/** Creates services that need an address and a port. Returns what they got. */
async function serviceMaker(transports: readonly Transport[], prefix: string) {
  const made: { ip: unknown; port: unknown }[] = [];
  for (let i = 0; i < 5; i++) {
    const service = {
      metadata: { name: `${prefix}-${i}` },
      spec: { type: 'NodePort', ports: [{ port: 80 }], selector: { app: 'x' } },
    };
    const { status, surely, object } = await ask(transports, 'POST', '/api/v1/namespaces/default/services', service);
    if (surely) assert.equal(status, 201, JSON.stringify(object));
    if (status !== 201) continue;
    const spec = object.spec as { clusterIP: string; ports: { nodePort: number }[] };
    made.push({ ip: spec.clusterIP, port: spec.ports[0]?.nodePort });
  }
  return made;
}

/** The events that every watcher must have received, according to the store. */
async function expectedHistory(store: EtcdStore, after: number, upTo: number) {
  const root = '/registry/configmaps/default/';
  const events = await store.history(root, { after, upTo });
  return events.map(({ type, key, revision, previous }) => ({
    type: type === 'delete' ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED',
    name: key.slice(root.length),
    revision,
  }));
}

test('several servers on one etcd behave as one API while they are killed: no write is lost, no event missed or repeated', async () => {
  const members = places.map((place, index) => new Member(place, index));
  await Promise.all(members.map((member) => member.start()));
  const store = new EtcdStore({ endpoints: [etcd.endpoint] });
  const writing = members.map((member) => member.connect());
  const watching = members.map((member) => member.connect());
  const [stopWriting, stopWatching] = [new AbortController(), new AbortController()];
  let acknowledged = 0;
  const count = (): void => {
    acknowledged++;
  };
  try {
    const counter = { metadata: { name: 'counter' }, data: { n: '0' } };
    assert.equal((await ask(writing, 'POST', collection, counter)).status, 201);
    // Two watchers stay with their server; two switch to another one whenever they lose theirs.
    const followers = Array.from({ length: 2 * serverCount }, () => new FollowedObjects(collection));
    const roaming: Transport = {
      request: (request) => pick(watching).request(request),
      upgrade: (request) => pick(watching).upgrade(request),
      close: () => {},
    };
    const following = followers.map((follower, i) =>
      follower.follow(i < serverCount ? (watching[i] as Transport) : roaming, stopWatching.signal),
    );
    await eventually(() => followers.every(({ lists }) => lists === 1) || undefined);
    const starts = followers.map(({ revision }) => revision);

    const writers = Array.from({ length: 6 }, (_, i) => ownWriter(writing, `w${i}`, stopWriting.signal, count));
    const incrementers = Array.from({ length: 3 }, () => incrementer(writing, stopWriting.signal, count));
    const makers = Array.from({ length: 3 }, (_, i) => serviceMaker(writing, `s${i}`));
    const working = Promise.all([...writers, ...incrementers, ...makers]);
    for (let i = 0; i < kills; i++) {
      const enough = acknowledged + writesPerRound;
      await Promise.race([working, eventually(() => acknowledged >= enough || undefined)]);
      const member = pick(members);
      await member.end('SIGKILL');
      await member.start();
    }
    stopWriting.abort();
    await working;

    const tallies = await Promise.all(incrementers);
    const total = (key: 'acknowledged' | 'unknown') => tallies.reduce((sum, tally) => sum + tally[key], 0);
    const n = Number((await ask(writing, 'GET', `${collection}/counter`)).object.data?.n);
    assert.ok(
      n >= total('acknowledged') && n <= total('acknowledged') + total('unknown'),
      `counted ${n}, ${total('acknowledged')} acknowledged, ${total('unknown')} unknown`,
    );

    const services = (await Promise.all(makers)).flat();
    assert.ok(services.length > 0);
    assert.equal(new Set(services.map(({ ip }) => ip)).size, services.length);
    assert.equal(new Set(services.map(({ port }) => port)).size, services.length);

    const last = await ask(writing, 'POST', collection, { metadata: { name: 'last' } });
    const end = Number(last.object.metadata.resourceVersion);
    for (const [i, follower] of followers.entries()) {
      await eventually(() => follower.revision >= end || undefined);
      assert.deepEqual([follower.oddities, follower.lists], [[], 1]);
      assert.deepEqual(follower.history, await expectedHistory(store, starts[i] as number, end));
    }
    stopWatching.abort();
    await Promise.all(following);

    // All servers are endpoints; one that stops in an orderly way is removed.
    const addresses = async () => {
      const { object } = await ask(writing.slice(1), 'GET', '/api/v1/namespaces/default/endpoints/kubernetes');
      const { subsets } = object as unknown as { subsets: { addresses: { ip: string }[] }[] };
      const own = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes';
      const { endpoints } = (await ask(writing.slice(1), 'GET', own)).object as unknown as {
        endpoints: { addresses: string[] }[];
      };
      const inSlice = endpoints.flatMap(({ addresses }) => addresses);
      return [subsets[0]?.addresses.map(({ ip }) => ip), inSlice];
    };
    const leadsTo = (expected: readonly Member[]) =>
      eventually(
        async () =>
          JSON.stringify(await addresses()) === JSON.stringify(Array(2).fill(expected.map(({ address }) => address))) ||
          undefined,
      );
    await leadsTo(members);
    await members[0]?.end('SIGTERM');
    await leadsTo(members.slice(1));
  } finally {
    stopWriting.abort();
    stopWatching.abort();
    for (const transport of [...writing, ...watching]) transport.close();
    await store.close();
    await Promise.all(members.map((member) => member.end('SIGKILL')));
  }
});
