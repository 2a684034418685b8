import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { readBody, type Transport } from '@typernetes/client';
import type { Status } from '@typernetes/machinery';
import { tied } from '../tied-command.ts';
import { eventually } from './api.ts';
import { FollowedObjects } from './followed-objects.ts';
import { makeServerPlace, startServer } from './server-program.ts';

const collection = '/api/v1/namespaces/default/configmaps';
const place = await makeServerPlace();
const storeFolder = dirname(place.storePath);
mkdirSync(storeFolder, { recursive: true });

/**
 * A process in its own mount namespace, in which the store's directory is a small disk that disappears with the
 * process.
 */
const holder = await smallDisk(storeFolder, '16m');
const inside = ['nsenter', `--target=${holder.pid}`, '--mount'];
/** A path in that namespace, as seen from here. */
const ballast = join(`/proc/${holder.pid}/root`, storeFolder, 'ballast');
after(() => {
  holder.kill('SIGKILL');
  place.remove();
});

async function smallDisk(folder: string, size: string): Promise<ChildProcess> {
  const script = `mount -t tmpfs -o size=${size} tmpfs '${folder}' && echo ready && exec sleep infinity`;
  const child = spawn(...tied(['unshare', '--mount', '--propagation=private', 'sh', '-c', script]), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`Cannot mount a small disk: exit code ${code}`)));
  });
  return child;
}

/** Fills the rest of the disk. */
function fillDisk(): void {
  const file = openSync(ballast, 'w');
  try {
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}

async function call(transport: Transport, method: string, path: string, body?: object) {
  const response = await transport.request({
    method,
    path,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  const text = Buffer.from(await readBody(response)).toString();
  return { status: response.status, value: JSON.parse(text) as unknown };
}

const map = (name: string) => ({ metadata: { name }, data: { filler: 'x'.repeat(50_000) } });
const names = (list: unknown): string[] =>
  (list as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);

test('on a full disk writes fail, reads and watches continue, and no acknowledged write is lost', async () => {
  let server = await startServer(place, { wrapper: inside });
  let transport = place.connect();
  const stop = new AbortController();
  const follower = new FollowedObjects(collection);
  const watching = place.connect();
  const following = follower.follow(watching, stop.signal);
  const acknowledged: string[] = [];
  const create = async (name: string) => {
    const { status, value } = await call(transport, 'POST', collection, map(name));
    if (status === 201) acknowledged.push(name);
    return { status, value };
  };
  try {
    assert.equal((await create('first')).status, 201);
    fillDisk();
    // The store may have a little reserved space left.
    let refused = await create('full-0');
    for (let i = 1; refused.status === 201; i++) refused = await create(`full-${i}`);
    const status = refused.value as Status;
    assert.deepEqual(
      [refused.status, status.reason, status.message],
      [500, undefined, 'Cannot commit to the store: database or disk is full'],
    );
    assert.equal((await call(transport, 'PUT', `${collection}/first`, map('first'))).status, 200, 'nothing to write');
    const together = await Promise.all(Array.from({ length: 8 }, (_, i) => create(`together-${i}`)));
    assert.deepEqual(
      together.map(({ status: code }) => code),
      Array(8).fill(500),
    );
    assert.equal((await call(transport, 'GET', `${collection}/first`)).status, 200);
    assert.deepEqual(names((await call(transport, 'GET', collection)).value), acknowledged.toSorted());

    // A restart needs no space either.
    transport.close();
    await server.end('SIGKILL');
    server = await startServer(place, { wrapper: inside });
    transport = place.connect();
    assert.deepEqual(names((await call(transport, 'GET', collection)).value), acknowledged.toSorted());
    assert.equal((await create('still-full')).status, 500);

    rmSync(ballast);
    assert.equal((await create('room-again')).status, 201);
    assert.equal((await call(transport, 'DELETE', `${collection}/first`)).status, 200);
    const expected = acknowledged.filter((name) => name !== 'first').toSorted();
    assert.deepEqual(names((await call(transport, 'GET', collection)).value), expected);
    await eventually(
      async () => JSON.stringify([...follower.revisions.keys()].toSorted()) === JSON.stringify(expected) || undefined,
    );
    assert.deepEqual([follower.oddities, follower.lists], [[], 1]);
  } finally {
    stop.abort();
    await following;
    watching.close();
    transport.close();
    await server.end('SIGTERM');
  }
});
