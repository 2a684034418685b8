import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { enabledResources } from '../options/runtime-config.ts';
import { columnDescriptions } from './column-descriptions.ts';
import { builtInResources } from './resources.ts';
import type { ServedResource } from './served-resource.ts';

/** The parts of the fact tables that are compared here. */
interface ResourceFact {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly enabledByDefault: boolean;
  readonly storageVersionHash?: string | null;
  readonly etcdPrefix?: string | null;
  readonly fieldSelectors?: readonly string[];
  readonly subresources: readonly { name: string; kind: string; gv?: string; verbs: readonly string[] }[];
  readonly strategy?: Readonly<
    Record<string, { createOnUpdate?: boolean; unconditionalUpdate?: boolean; reset?: readonly string[] }>
  >;
}

const factsOf = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../../api/facts/${name}`, import.meta.url), 'utf8')) as T;
const printers =
  factsOf<Record<string, { columns: { name: string; type: string; format?: string; priority?: number }[] }>>(
    'printers.json',
  );

const nameOf = (r: { group: string; version: string; plural: string }): string => `${r.group}/${r.version}/${r.plural}`;
const served = new Map(builtInResources.map((r) => [nameOf(r.type), r]));
const facts = factsOf<{ resources: ResourceFact[] }>('resources.json').resources.filter(
  (fact) => fact.enabledByDefault || served.has(nameOf(fact)),
);
const find = (fact: ResourceFact): ServedResource =>
  served.get(nameOf(fact)) ?? assert.fail(`${nameOf(fact)} is missing`);

it('serves exactly what a server enables by default', () => {
  const byDefault = enabledResources(builtInResources, {}).map(({ type }) => nameOf(type));
  assert.deepEqual(
    byDefault.sort(),
    facts
      .filter((fact) => fact.enabledByDefault)
      .map(nameOf)
      .sort(),
  );
});

it('describes every existing column, and no others', () => {
  const columns = builtInResources.flatMap(({ printer }) => printer?.columns ?? []);
  const silent = columns.filter(({ description = '' }) => description === '').map(({ name }) => name);
  assert.deepEqual(silent, ['Name']); // a StorageVersionMigration's, as upstream
  const names = new Set(columns.map(({ name }) => name));
  assert.deepEqual(
    Object.keys(columnDescriptions).filter((name) => !names.has(name)),
    [],
  );
});

describe('every resource matches the facts', () => {
  for (const fact of facts) {
    it(nameOf(fact), () => {
      const resource = find(fact);
      assert.deepEqual([...resource.verbs].sort(), [...fact.verbs].sort(), 'verbs');
      assert.equal(resource.storage?.prefix, fact.etcdPrefix ?? undefined, 'storage prefix');
      assert.equal(resource.storageVersionHash, fact.storageVersionHash ?? undefined, 'storage version hash');
      if (fact.fieldSelectors) {
        assert.deepEqual(
          resource.selectableFieldNames.filter((name) => name !== 'metadata.namespace').sort(),
          fact.fieldSelectors.filter((name) => name !== 'metadata.namespace').sort(),
          'selectable fields',
        );
      }
      assert.deepEqual(
        Object.entries(resource.subresources).map(([name, { verbs }]) => ({ name, verbs: [...verbs].sort() })),
        fact.subresources.map(({ name, verbs }) => ({ name, verbs: [...verbs].sort() })),
        'subresources',
      );
    });
  }
});

describe('strategies carry the flags of the facts', () => {
  for (const fact of facts) {
    const main = Object.entries(fact.strategy ?? {}).find(
      ([name]) => !/(Status|Finalize|Approval)Strategy$|^statusStrategy$/.test(name),
    )?.[1];
    if (!main) continue;
    it(nameOf(fact), () => {
      const { strategy, subresources } = find(fact);
      assert.equal(strategy.allowCreateOnUpdate ?? false, main.createOnUpdate, 'create on update');
      assert.equal(strategy.allowUnconditionalUpdate ?? true, main.unconditionalUpdate, 'unconditional update');
      assert.deepEqual(strategy.resetFields ?? [], main.reset ?? [], 'reset fields');
      const status = Object.entries(fact.strategy ?? {}).find(
        ([name]) => /^s?(.*S)?tatusStrategy$/.test(name) && !/RequestStrategy$/.test(name),
      )?.[1];
      if (status && subresources.status?.via === 'strategy') {
        assert.deepEqual(subresources.status.strategy.resetFields ?? [], status.reset ?? [], 'reset fields of status');
      }
    });
  }
});

describe('printers have the columns in the facts', () => {
  for (const { type, printer } of builtInResources) {
    const fact = printers[type.kind];
    // The facts lack CSIStorageCapacity's columns: upstream never wires its printer.
    if (!fact || type.kind === 'CSIStorageCapacity') continue;
    it(nameOf(type), () => {
      const plain = printer.columns.map(({ name, type: columnType, format, priority }) => ({
        name,
        type: columnType,
        ...(format ? { format } : {}),
        ...(priority ? { priority } : {}),
      }));
      assert.deepEqual(plain, fact.columns);
    });
  }
});
