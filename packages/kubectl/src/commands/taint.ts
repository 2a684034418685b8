import { nodes } from '@typernetes/api/core/v1';
import { defineCommand } from '../command.ts';
import { changedTaints, parseTaints } from './taint-changes.ts';

export const taintCommand = defineCommand({
  use: 'taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  short: 'Update the taints on one or more nodes',
  flags: {
    all: { type: 'boolean', help: 'Select all nodes in the cluster', default: false },
    overwrite: { type: 'boolean', help: 'If true, allow taints to be overwritten.', default: false },
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  } as const,
  async run({ flags, positional }, session) {
    const [type = '', ...rest] = positional;
    if (!['node', 'nodes', 'no'].includes(type))
      throw new Error(`invalid resource type ${type}, only node(s) is supported`);
    const at = rest.findIndex((arg) => /[:=]|-$/.test(arg) && /:|-$/.test(arg));
    const names = at < 0 ? rest : rest.slice(0, at);
    const changes = parseTaints(at < 0 ? [] : rest.slice(at));
    if (changes.add.length + changes.remove.length === 0) throw new Error('at least one taint update is required');
    if (names.length === 0 && !flags.all && flags.selector === '') {
      throw new Error("at least one resource name must be specified since '--all' parameter is not set");
    }
    const client = session.client.resource(nodes);
    const found =
      names.length > 0
        ? await Promise.all(names.map((name) => client.get({ name })))
        : (await client.list(flags.selector ? { labelSelector: flags.selector } : {})).items;
    for (const node of found) {
      const { name, resourceVersion } = node.metadata;
      const taints = changedTaints(node.spec.taints ?? [], changes, { overwrite: flags.overwrite, nodeName: name });
      const patch = { metadata: { resourceVersion }, spec: { taints } };
      await client.patch({ name }, patch, { type: 'merge', fieldManager: 'kubectl-taint' });
      const verb = changes.add.length === 0 ? 'untainted' : changes.remove.length === 0 ? 'tainted' : 'modified';
      session.io.out(`node/${name} ${verb}\n`);
    }
    return 0;
  },
});
