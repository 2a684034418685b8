import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readBody, type Transport } from '@typernetes/client';
import { withRestartableApi } from './api.ts';

interface SubresourceFact {
  readonly name: string;
  readonly kind: string;
  readonly gv?: string;
  readonly verbs: readonly string[];
}

interface ResourceFact {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly enabledByDefault: boolean;
  readonly storageVersionHash?: string | null;
  readonly subresources: readonly SubresourceFact[];
}

interface Facts {
  readonly groups: readonly {
    group: string;
    versions: readonly string[];
    preferred: string;
    enabledByDefault?: readonly string[];
  }[];
  readonly resources: readonly ResourceFact[];
}

const { groups, resources }: Facts = JSON.parse(
  readFileSync(new URL('../../packages/api/facts/resources.json', import.meta.url), 'utf8'),
);

const on = resources.filter(({ enabledByDefault }) => enabledByDefault);
const groupsOn = groups
  .map(({ group, versions, enabledByDefault = versions }) => ({
    group,
    // Only stable versions are enabled, whatever else upstream's order of versions lists.
    versions: enabledByDefault.filter((version) => on.some((one) => one.group === group && one.version === version)),
  }))
  .filter(({ versions }) => versions.length > 0);

async function get(transport: Transport, path: string, accept = 'application/json'): Promise<never> {
  const response = await transport.request({ method: 'GET', path, headers: { accept } });
  const text = Buffer.from(await readBody(response)).toString();
  assert.equal(response.status, 200, `${path}: ${text}`);
  return JSON.parse(text) as never;
}

const sorted = (values: readonly string[] = []): string[] => [...values].sort();
const versionOf = ({ group, version }: Pick<ResourceFact, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

test("group and resource lists equal upstream's", () =>
  withRestartableApi(async ({ transport }) => {
    const core: { versions: string[] } = await get(transport, '/api');
    assert.deepEqual(core.versions, ['v1']);
    const list: { groups: { name: string; versions: { version: string }[]; preferredVersion: { version: string } }[] } =
      await get(transport, '/apis');
    assert.deepEqual(
      list.groups.map(({ name, versions }) => [name, versions.map(({ version }) => version)]),
      groupsOn.filter(({ group }) => group !== '').map(({ group, versions }) => [group, versions]),
    );
    for (const { name, preferredVersion } of list.groups)
      assert.equal(preferredVersion.version, groups.find(({ group }) => group === name)?.preferred, name);
    for (const { group, versions } of groupsOn)
      for (const version of versions) {
        const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
        const { resources: served }: { resources: Record<string, unknown>[] } = await get(transport, path);
        const wanted = on.filter((one) => one.group === group && one.version === version).flatMap(legacyEntries);
        const shown: Record<string, unknown>[] = served.map((one) => ({
          ...one,
          verbs: sorted(one.verbs as string[]),
        }));
        assert.deepEqual(shown.sort(byName), wanted.sort(byName), path);
      }
  }));

const byName = (a: Record<string, unknown>, b: Record<string, unknown>) => (String(a.name) < String(b.name) ? -1 : 1);

/** A resource and its subresources, in the form of `/apis/<group>/<version>`. */
function legacyEntries(fact: ResourceFact): Record<string, unknown>[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, storageVersionHash } = fact;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: sorted(verbs),
      ...(shortNames.length > 0 ? { shortNames } : {}),
      ...(categories.length > 0 ? { categories } : {}),
      ...(storageVersionHash ? { storageVersionHash } : {}),
    },
    ...fact.subresources.map((sub) => {
      const [group = '', version = ''] = sub.gv?.includes('/') ? sub.gv.split('/') : ['', sub.gv ?? ''];
      return {
        name: `${plural}/${sub.name}`,
        singularName: '',
        namespaced,
        kind: sub.kind,
        verbs: sorted(sub.verbs),
        ...(sub.gv ? { ...(group ? { group } : {}), version } : {}),
      };
    }),
  ];
}

interface Aggregated {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly freshness: string;
      readonly resources: readonly AggregatedResource[];
    }[];
  }[];
}

interface AggregatedResource {
  readonly resource: string;
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly scope: string;
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly {
    readonly subresource: string;
    readonly responseKind: { readonly kind: string };
    readonly verbs: readonly string[];
  }[];
}

test('the aggregated document has the same content', () =>
  withRestartableApi(async ({ transport }) => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const served = new Map<string, AggregatedResource>();
    for (const path of ['/api', '/apis']) {
      const { items }: Aggregated = await get(transport, path, accept);
      for (const { metadata, versions } of items)
        for (const { version, freshness, resources: list } of versions) {
          assert.equal(freshness, 'Current');
          for (const one of list) served.set(`${metadata.name ?? ''}/${version}/${one.resource}`, one);
        }
      if (path === '/apis')
        assert.deepEqual(
          items.map(({ metadata, versions }) => [metadata.name, versions.map(({ version }) => version)]),
          groupsOn.filter(({ group }) => group !== '').map(({ group, versions }) => [group, versions]),
        );
    }
    assert.deepEqual(
      [...served.keys()].sort(),
      on.map(({ group, version, plural }) => `${group}/${version}/${plural}`).sort(),
    );
    for (const fact of on) {
      const { group, version, plural } = fact;
      const one = served.get(`${group}/${version}/${plural}`);
      assert.ok(one);
      assert.deepEqual(
        {
          kind: one.responseKind.kind,
          scope: one.scope,
          singular: one.singularResource,
          verbs: sorted(one.verbs),
          shortNames: one.shortNames ?? [],
          categories: one.categories ?? [],
          subresources: (one.subresources ?? [])
            .map((sub) => [sub.subresource, sub.responseKind.kind, ...sorted(sub.verbs)].join(' '))
            .sort(),
        },
        {
          kind: fact.kind,
          scope: fact.namespaced ? 'Namespaced' : 'Cluster',
          singular: fact.singular,
          verbs: sorted(fact.verbs),
          shortNames: fact.shortNames,
          categories: fact.categories,
          subresources: fact.subresources.map((sub) => [sub.name, sub.kind, ...sorted(sub.verbs)].join(' ')).sort(),
        },
        `${versionOf(fact)} ${plural}`,
      );
    }
  }));
