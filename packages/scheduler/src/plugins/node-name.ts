import { accept, refuse, type SchedulerPlugin } from '../framework/plugin.ts';

/** A pod that names its node goes there or nowhere. */
export const nodeName = {
  name: 'NodeName',
  wakesOn: ['node-added'],
  filter: (pod, node) =>
    !pod.spec.nodeName || pod.spec.nodeName === node.name
      ? accept
      : refuse("node(s) didn't match the requested node name"),
} satisfies SchedulerPlugin;
