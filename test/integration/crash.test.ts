import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readBody, type Transport } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import { eventually } from './api.ts';
import { FollowedObjects } from './followed-objects.ts';
import { makeServerPlace, startServer } from './server-program.ts';

const rounds = 20;
const writers = 32;
/** The server is killed during the writes of a round, once this many were acknowledged. */
const writesPerRound = 300;
const collection = '/api/v1/namespaces/default/configmaps';

const place = await makeServerPlace();
after(() => place.remove());

/** The possible versions of an object (undefined: deleted): more than one while a write is unanswered. */
type Possible = readonly (string | undefined)[];

/** All acknowledged writes, and those under way when the server died. */
class Journal {
  readonly objects = new Map<string, Possible>();
  acknowledged = 0;

  /** Runs one write; `next` is the resulting content, undefined for a deletion. */
  async write(name: string, next: string | undefined, send: () => Promise<string | undefined>): Promise<void> {
    const before = this.objects.get(name) ?? [undefined];
    this.objects.set(name, [...before, next]);
    const content = await send();
    assert.equal(content, next);
    this.objects.set(name, [next]);
    this.acknowledged++;
  }
}

async function call(transport: Transport, method: string, path: string, body?: object): Promise<ApiObject> {
  const response = await transport.request({
    method,
    path,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  const text = Buffer.from(await readBody(response)).toString();
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as ApiObject;
}

const contentOf = (object: unknown): string | undefined => (object as { data?: { content?: string } }).data?.content;

/** Creates objects, changes each, and deletes every other one, until the server goes away. */
async function writeUntilKilled(transport: Transport, journal: Journal, prefix: string, alive: AbortSignal) {
  for (let i = 0; !alive.aborted; i++) {
    const name = `${prefix}-${i}`;
    const path = `${collection}/${name}`;
    const map = (content: string) => ({ metadata: { name }, data: { content, filler: 'x'.repeat(500) } });
    const steps: [string | undefined, () => Promise<string | undefined>][] = [
      ['first', async () => contentOf(await call(transport, 'POST', collection, map('first')))],
      ['second', async () => contentOf(await call(transport, 'PUT', path, map('second')))],
    ];
    if (i % 2 === 0)
      steps.push([
        undefined,
        async () => {
          await call(transport, 'DELETE', path);
          return undefined;
        },
      ]);
    for (const [next, send] of steps) {
      try {
        await journal.write(name, next, send);
      } catch (error) {
        if (alive.aborted) return;
        throw error;
      }
    }
  }
}

test('kill -9 loses no acknowledged write, and watchers continue where they were, 20 times over', async () => {
  const journal = new Journal();
  const stop = new AbortController();
  const watchTransport = place.connect();
  const followers = Array.from({ length: 4 }, () => new FollowedObjects(collection));
  let server = await startServer(place);
  const following = followers.map((follower) => follower.follow(watchTransport, stop.signal));
  let newest = 0;
  for (let round = 0; round < rounds; round++) {
    const transport = place.connect();
    const enough = journal.acknowledged + writesPerRound;
    const killed = new AbortController();
    const writing = Promise.all(
      Array.from({ length: writers }, (_, writer) =>
        writeUntilKilled(transport, journal, `r${round}-w${writer}`, killed.signal),
      ),
    );
    await Promise.race([writing, eventually(async () => journal.acknowledged >= enough || undefined)]);
    killed.abort();
    await server.end('SIGKILL');
    await writing;
    transport.close();

    server = await startServer(place);
    const reader = place.connect();
    const list = (await call(reader, 'GET', collection)) as unknown as ApiObject & { items: ApiObject[] };
    reader.close();
    const present = new Map(list.items.map((object) => [object.metadata.name, contentOf(object)]));
    const wrong = [...journal.objects].filter(([name, possible]) => !possible.includes(present.get(name)));
    assert.deepEqual(wrong, [], `round ${round}`);
    // Unanswered writes are resolved now.
    for (const name of journal.objects.keys()) journal.objects.set(name, [present.get(name)]);
    const revision = Number(list.metadata.resourceVersion);
    assert.ok(revision > newest, `revision ${revision} after ${newest}`);
    newest = revision;

    const expected = new Map(list.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
    for (const follower of followers) {
      await eventually(async () => sameEntries(follower.revisions, expected) || undefined);
      assert.deepEqual(follower.oddities, []);
    }
  }
  stop.abort();
  await Promise.all(following);
  watchTransport.close();
  await server.end('SIGTERM');
  assert.deepEqual(
    followers.map((follower) => follower.lists),
    [1, 1, 1, 1],
    'each follower listed once and resumed ever after',
  );
  assert.ok(followers.every((follower) => follower.resumes >= rounds));
});

function sameEntries(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
