import { apiVersionOf } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { Columns } from '../printing/columns.ts';

export const apiResourcesCommand = defineCommand({
  use: 'api-resources [flags]',
  short: 'Print the supported API resources on the server',
  flags: {
    'api-group': { type: 'string', help: 'Limit to resources in the specified API group.' },
    namespaced: { type: 'boolean', help: 'If false, non-namespaced resources will be returned.' },
    'no-headers': { type: 'boolean', help: "Don't print headers.", default: false },
    output: { type: 'string', short: 'o', help: 'Output format. One of: (wide, name).', default: '' },
  } as const,
  async run({ flags, given }, session) {
    const all = (await session.resources.all())
      .filter(({ group }) => !given.has('api-group') || group === flags['api-group'])
      .filter(({ namespaced }) => flags.namespaced === undefined || namespaced === flags.namespaced)
      .sort((a, b) => (a.group === b.group ? (a.plural < b.plural ? -1 : 1) : a.group < b.group ? -1 : 1));
    if (flags.output === 'name') {
      for (const { plural, group } of all) session.io.out(`${plural}${group ? `.${group}` : ''}\n`);
      return 0;
    }
    const wide = flags.output === 'wide';
    const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])];
    const rows = all.map((type) => [
      type.plural,
      (type.shortNames ?? []).join(','),
      apiVersionOf(type),
      String(type.namespaced),
      type.kind,
      ...(wide ? [type.verbs.join(','), (type.categories ?? []).join(',')] : []),
    ]);
    session.io.out(new Columns().format(flags['no-headers'] ? rows : [header, ...rows]));
    return 0;
  },
});
