import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../session.ts';
import { ListFailures } from './list-failures.ts';
import { noteFiles, unreachedFiles } from './unreached-files.ts';

const session = { server: 'https://127.0.0.1:1/' } as Session;
const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', address: '127.0.0.1', port: 1 });
const why = 'dial tcp 127.0.0.1:1: connect: connection refused';
const list = {};
const objects = [{ source: 'a' }, { source: 'a' }, { source: 'b', list }, { source: 'b', list }];

const messages = (failures: readonly unknown[]): string[] | undefined =>
  unreachedFiles(failures, session)?.map(({ message }) => message);

test('without a server, each file that would be validated is reported once', () => {
  noteFiles(session, { objects, validated: true });
  const end = `"https://127.0.0.1:1/openapi/v2?timeout=32s": ${why}; if you choose to ignore these errors, turn validation off with --validate=false`;
  assert.deepEqual(messages([refused, refused, new ListFailures([refused])]), [
    `error validating "a": error validating data: failed to download openapi: Get ${end}`,
    `error validating "b": error validating data: Get ${end}`,
  ]);
});

test('without a server, each document that would be recognized is reported', () => {
  noteFiles(session, { objects, validated: false });
  const end = `Get "https://127.0.0.1:1/api?timeout=32s": ${why}`;
  assert.deepEqual(
    messages([refused]),
    ['a', 'a', 'b'].map((file) => `unable to recognize "${file}": ${end}`),
  );
  assert.equal(messages([refused, new Error('other')]), undefined);
  assert.equal(
    messages([new Error('client rate limiter Wait returned an error: context deadline exceeded')]),
    undefined,
  );
  assert.equal(messages([]), undefined);
});
