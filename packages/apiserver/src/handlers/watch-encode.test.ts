import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import type { OutputOptions } from './output-options.ts';
import { EventEncoder } from './watch-encode.ts';

test('rows of a watch show ages as of each event, also of what is younger than the watch', async () => {
  const clock = new FakeClock();
  const cells = ({ metadata }: { metadata: { creationTimestamp: string } }, now: number): string[] => [
    `${(now - Date.parse(metadata.creationTimestamp)) / 1000}s`,
  ];
  const served = { type: pods, printer: { columns: [], cells } };
  const storage = { served, deps: { clock } } as unknown as ResourceStorage;
  const representation = { format: 'json', as: 'Table', version: 'v1' };
  const output = { representation, includeObject: 'None', now: clock.now() } as unknown as OutputOptions;
  const encoder = new EventEncoder(storage, output);
  const made = (): CachedObject =>
    ({ object: { metadata: { name: 'a', creationTimestamp: timestamp(clock.now()) } } }) as unknown as CachedObject;
  const ageOf = (object: CachedObject): string =>
    (JSON.parse(Buffer.from(encoder.encode('MODIFIED', object)).toString()) as Shown).object.rows[0]?.cells[0] ?? '';
  const old = made();
  await clock.advance(10_000);
  assert.equal(ageOf(old), '10s');
  assert.equal(ageOf(made()), '0s');
});

interface Shown {
  readonly object: { readonly rows: readonly { readonly cells: readonly string[] }[] };
}
