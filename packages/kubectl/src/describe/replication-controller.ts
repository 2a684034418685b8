import type { ReplicationController } from '@typernetes/api/core/v1';
import { labelsText } from '../printing/table.ts';
import { describeConditions } from './conditions.ts';
import type { Describer } from './describer.ts';
import { podCounts } from './pod-counts.ts';
import { describeTemplate } from './pod-template.ts';

export const describeReplicationController: Describer<ReplicationController> = async (controller, text, deps) => {
  const { metadata, spec, status } = controller;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'Selector:', labelsText(spec?.selector));
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, 'Replicas:', `${status?.replicas ?? 0} current / ${spec?.replicas ?? 1} desired`);
  const selector = { matchLabels: spec?.selector ?? {} };
  text.line(0, 'Pods Status:', await podCounts({ ...controller, spec: { selector } }, deps));
  describeTemplate(text, spec?.template ?? {});
  describeConditions(text, status?.conditions);
};
