import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from '../command.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import type { Session } from '../session.ts';
import { getCommand } from './get.ts';
import type { GetFlags } from './get-flags.ts';
import { watchOne } from './get-watch.ts';

const type = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true } as never;
const columnDefinitions = [{ name: 'Name', priority: 0 }];
const row = (name: string) => ({ cells: [name], object: { metadata: { name } } });
const table = (name: string, columns: object[] | null) => ({ columnDefinitions: columns, rows: [row(name)] });

/** What `get cm one` prints with these flags, and the requests that it makes; `watched` are the objects of the watch's events. */
async function watched(line: readonly string[], first: object, events: readonly object[]) {
  const paths: string[] = [];
  const out: string[] = [];
  const request = async ({ path }: { path: string }) => {
    paths.push(path);
    const lines = events.map((object) => `${JSON.stringify({ type: 'MODIFIED', object })}\n`).join('');
    const text = path.includes('watch=true') ? lines : JSON.stringify(first);
    return {
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from(text);
      })(),
    };
  };
  const session = {
    client: { transport: { request } },
    io: { out: (text: string) => void out.push(text) },
    clock: { now: () => Date.UTC(2026, 0, 2) },
    namespace: 'n',
  } as unknown as Session;
  const flags = parseCommandLine(getCommand, line).flags as unknown as GetFlags;
  const { signal } = new AbortController();
  const print = objectPrinter(flags.output, { columns: true });
  await watchOne({ type, names: ['one'], namespace: 'n' }, { flags, session, signal, print });
  return { out: out.join(''), paths };
}

test('a watch of one object starts at any revision, and skips the event that tells of it as it is', async () => {
  const events = [table('one', columnDefinitions), table('one-changed', null)];
  const { out, paths } = await watched(['-w'], table('one', columnDefinitions), events);
  assert.equal(out, 'NAME\none\none-changed\n');
  assert.equal(
    paths[1],
    '/api/v1/namespaces/n/configmaps?fieldSelector=metadata.name%3Done&resourceVersion=0&watch=true',
  );
});

test('--watch-only shows the columns of what it does not show, but not beside events', async () => {
  const events = [table('one', columnDefinitions), table('one-changed', null)];
  const first = table('one', columnDefinitions);
  assert.equal((await watched(['--watch-only'], first, events)).out, 'NAME\none-changed\n');
  const beside = await watched(['--watch-only', '--output-watch-events'], first, events);
  assert.equal(beside.out, 'EVENT\nMODIFIED\n');
});

test('without --server-print, rows are made here', async () => {
  const object = { metadata: { name: 'one', creationTimestamp: '2026-01-01T00:00:00Z' } };
  const { out } = await watched(['-w', '--server-print=false'], object, [object, object]);
  assert.equal(out, 'NAME   AGE\none    24h\none    24h\n');
});

test('formats are set in columns where their text has tabs', async () => {
  const object = { metadata: { name: 'one', uid: 'x' } };
  const { out } = await watched(['-w', '-o', 'jsonpath={.metadata.name}{"\\t"}{.metadata.uid}{"\\n"}'], object, [
    object,
  ]);
  assert.equal(out, 'one   x\n');
});
