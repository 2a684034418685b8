/**
 * Explains random fields of every kind with upstream's kubectl and ours, from both OpenAPI documents of the same control plane, which also has
 * custom kinds with random schemas; reports differences.
 *
 *     node tools/compare/kubectl-explain-main.ts [--seed=TEXT] [--lines=N] [--only=PATTERN]
 *
 * The exit code is 1 if there are differences.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControlPlane } from 'typernetes';
import { type BothKubectls, bothKubectls, type Printed } from '../../test/integration/kubectl-beside-upstream.ts';
import { Chance } from './chance.ts';
import { randomDefinition } from './kubectl-explain-schemas.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'compare' },
    lines: { type: 'string', default: '300' },
    only: { type: 'string', default: '' },
  },
});

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Kind {
  readonly words: readonly string[];
  readonly apiVersion: string;
  readonly schema: Schema;
  readonly document: Document;
}

/** Every kind of every version, with the names it goes by. */
async function kindsOf({ upstream }: BothKubectls): Promise<Kind[]> {
  const raw = async <T>(path: string): Promise<T> => JSON.parse((await upstream('get', '--raw', path)).out) as T;
  const { paths } = await raw<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3');
  const kinds: Kind[] = [];
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const [, group = '', version = ''] = /^apis?(?:\/([^/]+))?\/(v\w+)$/.exec(path) ?? [];
    if (version === '') continue;
    const document = await raw<Document>(serverRelativeURL);
    const { resources } = await raw<{
      resources: { name: string; kind: string; singularName: string; shortNames?: string[] }[];
    }>(`/${path}`);
    for (const { name, kind, singularName, shortNames = [] } of resources) {
      if (name.includes('/')) continue;
      const schema = Object.values(document.components.schemas).find((one) =>
        one['x-kubernetes-group-version-kind']?.some(
          (gvk) => gvk.kind === kind && gvk.group === group && gvk.version === version,
        ),
      );
      const apiVersion = group === '' ? version : `${group}/${version}`;
      const long = group === '' ? [] : [`${name}.${group}`, `${name}.${version}.${group}`];
      if (schema)
        kinds.push({ words: [name, singularName, kind, ...shortNames, ...long], apiVersion, schema, document });
    }
  }
  return kinds;
}

const followed = (schema: Schema, document: Document): Schema => {
  const { $ref } = schema.allOf?.[0] ?? schema;
  const name = $ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? schema);
};

/** A random path of some steps down from the kind, through lists and maps. */
function randomPath({ schema, document }: Kind, chance: Chance): string[] {
  const path: string[] = [];
  let at = followed(schema, document);
  for (let left = chance.below(7); left > 0; left--) {
    let inside = at;
    while (inside.items ?? (typeof inside.additionalProperties === 'object' ? inside.additionalProperties : undefined))
      inside = followed((inside.items ?? inside.additionalProperties) as Schema, document);
    const { properties = {} } = inside;
    const names = Object.keys(properties);
    if (names.length === 0) break;
    const name = chance.pick(names);
    path.push(name);
    at = followed(properties[name] as Schema, document);
  }
  if (chance.of(0.06)) path.push(chance.pick(['nosuch', '', 'name', 'spec', 'items', ' ', 'metadata']));
  return path;
}

function randomLine(kinds: readonly Kind[], chance: Chance): string[] {
  const kind = chance.pick(kinds);
  const word = chance.of(0.03) ? chance.pick(['nosuch', '', 'pods.nosuch', 'all', 'PODS']) : chance.pick(kind.words);
  const target = [word, ...randomPath(kind, chance)].join('.');
  const apiVersion = chance.of(0.1)
    ? chance.pick(['v1', 'v2', 'apps/v1', 'x/y/z', '', 'apps', 'autoscaling/v1'])
    : kind.apiVersion;
  return [
    'explain',
    target,
    ...(chance.of(0.5) ? [`--api-version=${apiVersion}`] : []),
    ...(chance.of(0.3) ? ['--recursive'] : []),
    ...(chance.of(0.4)
      ? ['--output=plaintext-openapiv2']
      : chance.of(0.05)
        ? [`--output=${chance.pick(['x', 'md', ''])}`]
        : []),
  ];
}

/** The descriptions of our own kinds are laid out as upstream's, so that everything counts. */
const differing = (ours: Printed, upstream: Printed): ('code' | 'out' | 'err')[] =>
  (['code', 'out', 'err'] as const).filter((member) => ours[member] !== upstream[member]);

const chance = new Chance(values.seed);
const only = new RegExp(values.only);
const folder = mkdtempSync(join(tmpdir(), 'kubectl-explain-'));
let told = 0;
{
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, PATH: '/usr/bin:/bin' });
  const file = join(folder, 'kinds.json');
  for (let i = 0; i < 12; i++) {
    writeFileSync(file, JSON.stringify(randomDefinition(chance, i)));
    const { err } = await both.upstream('create', '--validate=false', '-f', file);
    if (err !== '') console.log(`thing${i} was not taken: ${err.slice(0, 400)}`);
  }
  await both.upstream('wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s');
  const kinds = await kindsOf(both);
  const own = kinds.filter(({ apiVersion }) => apiVersion.includes('example.com'));
  for (let i = 0; i < Number(values.lines); i++) {
    const line = randomLine(chance.of(0.4) ? own : kinds, chance);
    const [ours, upstream] = await Promise.all([both.ours(...line), both.upstream(...line)]);
    const members = differing(ours, upstream);
    if (members.length === 0 || !only.test(line.join(' '))) continue;
    told++;
    console.log(`#### kubectl ${line.map((word) => (/[ "]/.test(word) ? JSON.stringify(word) : word)).join(' ')}`);
    for (const member of members) {
      const [a, b] = [`${ours[member]}`.split('\n'), `${upstream[member]}`.split('\n')];
      for (const text of a.filter((one) => !b.includes(one)).slice(0, 8)) console.log(`${member} - ours:     ${text}`);
      for (const text of b.filter((one) => !a.includes(one)).slice(0, 8)) console.log(`${member} + upstream: ${text}`);
    }
  }
  console.log(`${told} of ${values.lines} lines differ; ${kinds.length} kinds, ${own.length} of random schemas`);
}
rmSync(folder, { recursive: true });
process.exit(told === 0 ? 0 : 1);
