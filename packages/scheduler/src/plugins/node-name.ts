import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { accept, refuse } from '../framework/verdict.ts';

const refused = refuse("node(s) didn't match the requested node name");

/** A pod that names its node goes there or nowhere. */
export const nodeName = {
  name: 'NodeName',
  wakesOn: [wakeUp('Node', ['add'])],
  sign: ({ spec }) => spec.nodeName,
  prepare: (pod) => ({ skip: !pod.spec.nodeName }),
  filter: (pod, node) => (!pod.spec.nodeName || pod.spec.nodeName === node.name ? accept : refused),
} satisfies SchedulerPlugin;
