import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { startKubectlCluster } from './real-cluster.ts';

const factsOf = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../packages/api/facts/${name}`, import.meta.url), 'utf8')) as T;

interface ResourceFact {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly preferredVersion: string;
  readonly enabledByDefault: boolean;
}

interface FieldFact {
  readonly t: string;
  readonly nojson?: unknown;
}

const { resources } = factsOf<{ resources: ResourceFact[] }>('resources.json');
const { types } = factsOf<{ types: Record<string, { fields?: Record<string, FieldFact>; special?: unknown }> }>(
  'types.json',
);

const { kubectl, file, stop } = await startKubectlCluster();
after(stop);

test("upstream's kubectl lists the resources of a server as those of its own", async () => {
  const shown = (await kubectl('api-resources', '-o', 'wide', '--sort-by=name')).trimEnd().split('\n');
  const head = shown[0] ?? '';
  const columns = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', 'VERBS', 'CATEGORIES'];
  const starts = columns.map((column) => head.indexOf(column));
  const rows = shown.slice(1).map((line) => starts.map((start, i) => line.slice(start, starts[i + 1]).trim()));
  const wanted = resources
    .filter(({ enabledByDefault, version, preferredVersion }) => enabledByDefault && version === preferredVersion)
    .map((one) => [
      one.plural,
      one.shortNames.join(','),
      one.group === '' ? one.version : `${one.group}/${one.version}`,
      String(one.namespaced),
      one.kind,
      one.verbs.join(','),
      one.categories.join(','),
    ]);
  const sorted = (lines: readonly (readonly string[])[]): string[] => lines.map((line) => line.join(' | ')).sort();
  assert.deepEqual(sorted(rows), sorted(wanted));
});

/** The paths of all fields of a type in the facts; recursive types are not entered again. */
function pathsOf(type: string, before: string, within: readonly string[] = []): string[] {
  return Object.entries(types[type]?.fields ?? {}).flatMap(([name, { t, nojson }]) => {
    if (nojson) return [];
    const inner = t.replace(/^(?:\[\]|map\[[^\]]*\])+/, '');
    if (name.startsWith('~')) return pathsOf(inner, before, within);
    if (name.startsWith('#')) return [];
    const path = `${before}.${name}`;
    return [path, ...(within.includes(inner) || types[inner]?.special ? [] : pathsOf(inner, path, [...within, type]))];
  });
}

/** The paths of the fields in an explanation, nested by two spaces of indentation. */
function pathsIn(explanation: string): string[] {
  const parents: string[] = [];
  return explanation
    .slice(explanation.indexOf('FIELDS:'))
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', name] = /^((?: {2})+)([\w$-]+)\t</.exec(line) ?? [];
      if (name === undefined) return [];
      const depth = indent.length / 2 - 1;
      parents.length = depth;
      parents[depth] = name;
      return [`.${parents.join('.')}`];
    });
}

test('it explains every field of kinds, at any depth', async () => {
  const kinds = {
    pods: 'core/v1.Pod',
    deployments: 'apps/v1.Deployment',
    services: 'core/v1.Service',
    ingresses: 'networking/v1.Ingress',
    cronjobs: 'batch/v1.CronJob',
    horizontalpodautoscalers: 'autoscaling/v2.HorizontalPodAutoscaler',
    resourceclaims: 'resource/v1.ResourceClaim',
    clusterroles: 'rbac/v1.ClusterRole',
  };
  for (const [kind, type] of Object.entries(kinds)) {
    const printed = pathsIn(await kubectl('explain', kind, '--recursive'));
    assert.ok(printed.length > 10, kind);
    assert.deepEqual(printed.sort(), pathsOf(type, '').sort(), kind);
  }
});

test('it explains custom resources', async () => {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'ships.sea.example' },
    spec: {
      group: 'sea.example',
      scope: 'Cluster',
      names: { plural: 'ships', singular: 'ship', kind: 'Ship', shortNames: ['sh'], categories: ['all'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  properties: {
                    masts: { type: 'array', items: { type: 'object', properties: { height: { type: 'integer' } } } },
                    name: { type: 'string', enum: ['a', 'b'] },
                  },
                },
              },
            },
          },
        },
      ],
    },
  };
  await kubectl('create', '-f', file('ships.yaml', JSON.stringify(crd)));
  await kubectl('wait', '--for=condition=Established', 'crd/ships.sea.example', '--timeout=60s');
  const paths = pathsIn(await kubectl('explain', 'ships', '--recursive'));
  assert.deepEqual(
    paths.filter((path) => path.startsWith('.spec')),
    ['.spec', '.spec.masts', '.spec.masts.height', '.spec.name'],
  );
  assert.match(await kubectl('api-resources', '--api-group=sea.example'), /^ships +sh +sea.example\/v1 +false +Ship$/m);
});
