import type { DaemonSet } from '@typernetes/api/apps/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import { labelsText } from '../printing/table.ts';
import type { Describer } from './describer.ts';
import { podCounts } from './pod-counts.ts';
import { describeTemplate } from './pod-template.ts';

export const describeDaemonSet: Describer<DaemonSet> = async (daemonSet, text, deps) => {
  const { metadata, spec, status } = daemonSet;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'Selector:', formatLabelSelector(spec.selector));
  text.line(0, 'Node-Selector:', labelsText(spec.template.spec?.nodeSelector));
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`);
  text.line(0, `Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`);
  text.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`);
  text.line(0, `Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`);
  text.line(0, `Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`);
  text.line(0, 'Pods Status:', await podCounts(daemonSet, deps));
  describeTemplate(text, spec.template);
};
