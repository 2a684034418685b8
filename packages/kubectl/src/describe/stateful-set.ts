import type { StatefulSet } from '@typernetes/api/apps/v1';
import type { PersistentVolumeClaim } from '@typernetes/api/core/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';
import { goList } from './metadata.ts';
import { claimClass } from './persistent-volume-claim.ts';
import { podCounts } from './pod-counts.ts';
import { describeTemplate } from './pod-template.ts';
import { longTime } from './times.ts';

export const describeStatefulSet: Describer<StatefulSet> = async (statefulSet, text, deps) => {
  const { metadata, spec, status } = statefulSet;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'CreationTimestamp:', longTime(metadata.creationTimestamp));
  text.line(0, 'Selector:', formatLabelSelector(spec.selector));
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, 'Replicas:', `${spec.replicas ?? 1} desired | ${status?.replicas ?? 0} total`);
  text.line(0, 'Update Strategy:', spec.updateStrategy?.type ?? '');
  const rolling = spec.updateStrategy?.rollingUpdate;
  if (rolling?.partition !== undefined) {
    text.line(1, 'Partition:', String(rolling.partition));
    if (rolling.maxUnavailable !== undefined) text.line(1, 'MaxUnavailable:', String(rolling.maxUnavailable));
  }
  text.line(0, 'Pods Status:', await podCounts(statefulSet, deps));
  describeTemplate(text, spec.template);
  describeClaims(text, spec.volumeClaimTemplates ?? []);
};

function describeClaims(text: Description, claims: readonly PersistentVolumeClaim[]): void {
  text.line(0, 'Volume Claims:', ...(claims.length === 0 ? ['<none>'] : []));
  for (const { metadata, spec } of claims) {
    text.line(1, 'Name:', metadata.name);
    text.line(1, 'StorageClass:', claimClass({ metadata, spec }));
    text.pairs(1, 'Labels:', metadata.labels);
    text.pairs(1, 'Annotations:', metadata.annotations);
    text.line(1, 'Capacity:', spec?.resources?.requests?.storage ?? '<default>');
    text.line(1, 'Access Modes:', goList(spec?.accessModes));
  }
}
