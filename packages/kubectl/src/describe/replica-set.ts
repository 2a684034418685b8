import type { ReplicaSet } from '@typernetes/api/apps/v1';
import { controllerOf, formatLabelSelector } from '@typernetes/machinery';
import { describeConditions } from './conditions.ts';
import type { Describer } from './describer.ts';
import { podCounts } from './pod-counts.ts';
import { describeTemplate } from './pod-template.ts';

export const describeReplicaSet: Describer<ReplicaSet> = async (replicaSet, text, deps) => {
  const { metadata, spec, status } = replicaSet;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'Selector:', formatLabelSelector(spec.selector));
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  const owner = controllerOf(replicaSet);
  if (owner) text.line(0, 'Controlled By:', `${owner.kind}/${owner.name}`);
  text.line(0, 'Replicas:', `${status?.replicas ?? 0} current / ${spec.replicas ?? 1} desired`);
  text.line(0, 'Pods Status:', await podCounts(replicaSet, deps));
  describeTemplate(text, spec.template ?? {});
  describeConditions(text, status?.conditions);
};
