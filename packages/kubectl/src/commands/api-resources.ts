import { apiVersionOf } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { Columns } from '../printing/columns.ts';
import { encodeJson } from '../printing/json.ts';
import { encodeKyaml, encodeYaml } from '../printing/yaml.ts';
import type { DiscoveredResource } from '../resources/any-resource.ts';
import { usageError } from './result.ts';

export const apiResourcesCommand = defineCommand({
  use: 'api-resources [flags]',
  short: 'Print the supported API resources on the server',
  flags: {
    'api-group': { type: 'string', help: 'Only resources of this API group.', default: '' },
    cached: { type: 'boolean', help: 'Be content with what was asked before, as far as it is kept.', default: false },
    categories: { type: 'list', help: 'Only resources that are in all these categories.', default: [] },
    namespaced: { type: 'boolean', help: 'Resources in namespaces; false: those that are not.', default: true },
    'no-headers': { type: 'boolean', help: "Don't print headers.", default: false },
    output: { type: 'string', short: 'o', help: 'Output format. One of: (json, yaml, name, wide).', default: '' },
    'show-managed-fields': { type: 'boolean', help: 'Keep the managedFields in JSON and YAML.', default: false },
    'sort-by': { type: 'string', help: 'Sort by name or by kind.', default: '' },
    verbs: { type: 'list', help: 'Only resources that have all these verbs.', default: [] },
  } as const,
  async run({ flags, positional, given }, session) {
    if (positional.length > 0) throw usageError('api-resources', `unexpected arguments: [${positional.join(' ')}]`);
    if (!['', 'json', 'kyaml', 'name', 'wide', 'yaml'].includes(flags.output)) {
      throw new Error(
        `unable to match a printer suitable for the output format ${JSON.stringify(flags.output)}, allowed formats are: json,kyaml,name,wide,yaml`,
      );
    }
    if (!['', 'name', 'kind'].includes(flags['sort-by'])) throw new Error('--sort-by accepts only name or kind');
    if (!flags.cached) session.resources.refresh();
    const has = (all: readonly string[] | undefined, wanted: readonly string[]): boolean =>
      wanted.every((one) => all?.includes(one));
    const found = (await session.resources.all())
      .filter(({ group }) => !given.has('api-group') || group === flags['api-group'])
      .filter(({ namespaced }) => !given.has('namespaced') || namespaced === flags.namespaced)
      .filter(({ verbs, categories }) => has(verbs, flags.verbs) && has(categories, flags.categories))
      .sort(orders[flags['sort-by'] as keyof typeof orders]);
    if (flags.output === 'json') session.io.out(encodeJson(listOf(found), { asIs: true }));
    else if (flags.output === 'yaml') session.io.out(encodeYaml(listOf(found)));
    else if (flags.output === 'kyaml') session.io.out(encodeKyaml(listOf(found)));
    else if (flags.output === 'name')
      for (const { plural, group } of found) session.io.out(`${plural}${group ? `.${group}` : ''}\n`);
    else session.io.out(table(found, { wide: flags.output === 'wide', headers: !flags['no-headers'] }));
    return 0;
  },
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const orders = {
  '': (a: DiscoveredResource, b: DiscoveredResource) => compare(a.group, b.group) || compare(a.plural, b.plural),
  name: (a: DiscoveredResource, b: DiscoveredResource) => compare(a.plural, b.plural),
  kind: (a: DiscoveredResource, b: DiscoveredResource) => compare(a.kind, b.kind),
};

function table(all: readonly DiscoveredResource[], { wide, headers }: { wide: boolean; headers: boolean }): string {
  const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])];
  const rows = all.map((type) => [
    type.plural,
    (type.shortNames ?? []).join(','),
    apiVersionOf(type),
    String(type.namespaced),
    type.kind,
    ...(wide ? [type.verbs.join(','), (type.categories ?? []).join(',')] : []),
  ]);
  return new Columns().format(headers ? [header, ...rows] : rows);
}

function listOf(all: readonly DiscoveredResource[]): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: '',
    // Go's nil slice: null in JSON.
    resources:
      all.length === 0
        ? null
        : all.map(({ plural, singular, namespaced, group, version, kind, verbs, shortNames, categories }) => ({
            name: plural,
            singularName: singular,
            namespaced,
            ...(group ? { group } : {}),
            version,
            kind,
            verbs,
            ...(shortNames?.length ? { shortNames } : {}),
            ...(categories?.length ? { categories } : {}),
          })),
  };
}
