import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableColumnDefinition } from '@typernetes/machinery';
import type { Row } from '../api/live-list.ts';
import { rowTone } from './cell-tone.ts';
import { matchingRows, shownColumns, sortedRows } from './rows.ts';
import { withUsage } from './usage-columns.ts';
import { visibleRange } from './window.ts';

const columns = ['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP'].map(
  (name): TableColumnDefinition => ({
    name,
    type: 'string',
    format: '',
    description: '',
    priority: name === 'IP' ? 1 : 0,
  }),
);
const row = (name: string, cells: readonly unknown[], minute: number, labels?: Record<string, string>): Row => ({
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    namespace: 'default',
    creationTimestamp: `2026-01-01T00:0${minute}:00Z`,
    labels,
  },
  cells: [name, ...cells],
});
const rows = [
  row('web-10', ['1/1', 'Running', '2 (3m ago)', '1m', '10.0.0.1'], 1, { app: 'web' }),
  row('web-9', ['0/1', 'CrashLoopBackOff', '11 (1m ago)', '2m', '10.0.0.2'], 0),
  row('db-1', ['0/1', 'Completed', '0', '3m', '10.0.0.3'], 5, { app: 'db' }),
];
const names = (sorted: readonly Row[]): (string | undefined)[] => sorted.map(({ metadata }) => metadata.name);
const by = (column: string, isDescending = false) => names(sortedRows(rows, columns, { column, isDescending }));

test('rows are ordered as people count', () => {
  assert.deepEqual(by('Name'), ['db-1', 'web-9', 'web-10']);
  assert.deepEqual(by('Name', true), ['web-10', 'web-9', 'db-1']);
  assert.deepEqual(by('Restarts', true), ['web-9', 'web-10', 'db-1']);
  assert.deepEqual(by('Age'), ['db-1', 'web-10', 'web-9']);
  assert.deepEqual(by('Namespace'), ['db-1', 'web-9', 'web-10']);
});

test('every word of the filter is somewhere in the row, or in its labels', () => {
  assert.deepEqual(names(matchingRows(rows, 'crash WEB')), ['web-9']);
  assert.deepEqual(names(matchingRows(rows, 'app=db')), ['db-1']);
  assert.equal(matchingRows(rows, ' '), rows);
  assert.deepEqual(matchingRows(rows, 'web db'), []);
});

test('columns of lesser importance are shown on demand', () => {
  assert.equal(shownColumns(columns, false).length, 5);
  assert.equal(shownColumns(columns, true).length, 6);
});

test('what is used stands before the age, ordered by how much it is', () => {
  const live = { state: 'live', columns, entries: rows } as const;
  const usage = new Map([
    ['default/web-9', { cpu: 1.5, memory: 900 * 2 ** 20 }],
    ['default/web-10', { cpu: 0.25, memory: 2 ** 30 }],
  ]);
  const used = withUsage(live, usage);
  assert.deepEqual(
    used.columns.map(({ name }) => name),
    ['Name', 'Ready', 'Status', 'Restarts', 'CPU', 'Memory', 'Age', 'IP'],
  );
  assert.deepEqual(
    used.entries.map(({ cells }) => cells.slice(4, 7).map(String)),
    [
      ['250m', '1Gi', '1m'],
      ['1.5', '900Mi', '2m'],
      ['', '', '3m'],
    ],
  );
  const usedBy = (column: string) => names(sortedRows(used.entries, used.columns, { column, isDescending: true }));
  assert.deepEqual(usedBy('CPU'), ['web-9', 'web-10', 'db-1']);
  assert.deepEqual(usedBy('Memory'), ['web-10', 'web-9', 'db-1']);
  assert.deepEqual(names(matchingRows(used.entries, '900mi')), ['web-9']);
  const before = { state: 'loading', columns: [], entries: [] } as const;
  assert.equal(withUsage(before, usage), before);
});

test('rows tell how their objects are', () => {
  assert.deepEqual(
    rows.map(({ cells }) => rowTone(columns, cells)),
    ['ok', 'bad', 'off'],
  );
  const tone = (...cells: unknown[]) => rowTone(columns, ['x', ...cells]);
  assert.equal(tone('0/1', 'Running'), 'busy');
  assert.equal(tone('0/1', 'ContainerCreating'), 'busy');
  assert.equal(tone('0/1', 'Init:0/2'), 'busy');
  assert.equal(tone('0/1', 'Init:CrashLoopBackOff'), 'bad');
  assert.equal(rowTone([{ name: 'Status' }], ['Ready,SchedulingDisabled']), 'busy');
  assert.equal(rowTone([{ name: 'Data' }], [3]), undefined);
});

test('of thousands of rows those on the screen are drawn, and a few around them', () => {
  const rule = { rowHeight: 34, spare: 8 };
  assert.deepEqual(visibleRange({ scrolled: 0, height: 340, count: 5000 }, rule), { first: 0, end: 18 });
  assert.deepEqual(visibleRange({ scrolled: 34_000, height: 340, count: 5000 }, rule), { first: 992, end: 1018 });
  assert.deepEqual(visibleRange({ scrolled: 999_999, height: 340, count: 10 }, rule), { first: 10, end: 10 });
  assert.deepEqual(visibleRange({ scrolled: 0, height: 340, count: 0 }, rule), { first: 0, end: 0 });
});
