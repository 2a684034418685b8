import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from '@typernetes/machinery';
import { TablePrinter } from './table.ts';

const table = {
  columnDefinitions: [
    { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
    { name: 'Ready', type: 'string', format: '', description: '', priority: 0 },
    { name: 'Node', type: 'string', format: '', description: '', priority: 1 },
  ],
  rows: [
    {
      cells: ['web-1', '1/1', 'worker'],
      object: { metadata: { namespace: 'default', labels: { app: 'web', tier: 'x' } } },
    },
    { cells: ['a-much-longer-name', null, 'worker'], object: { metadata: { namespace: 'kube-system' } } },
  ],
} as unknown as Table;
const plain = {
  wide: false,
  noHeaders: false,
  showNamespace: false,
  showLabels: false,
  labelColumns: [],
  namePrefix: '',
};

test('columns are as wide as their widest cell plus three blanks', () => {
  assert.equal(
    new TablePrinter(plain).format(table),
    'NAME                 READY\nweb-1                1/1\na-much-longer-name   \n',
  );
});

test('flags add columns and name prefixes', () => {
  const options = {
    ...plain,
    wide: true,
    showNamespace: true,
    showLabels: true,
    labelColumns: ['app'],
    namePrefix: 'pod/',
  };
  assert.equal(
    new TablePrinter(options).format({ ...table, rows: table.rows?.slice(0, 1) } as Table),
    'NAMESPACE   NAME        READY   NODE     APP   LABELS\ndefault     pod/web-1   1/1     worker   web   app=web,tier=x\n',
  );
});

test('a watch prints its header once', () => {
  const printer = new TablePrinter(plain);
  printer.format(table);
  assert.equal(printer.format({ rows: table.rows?.slice(0, 1) } as Table), 'web-1                1/1\n');
});
