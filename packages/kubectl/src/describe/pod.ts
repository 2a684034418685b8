import type { Pod } from '@typernetes/api/core/v1';
import { controllerOf, humanDuration } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import {
  describeContainers,
  describeResources,
  describeSpread,
  describeTolerations,
  describeVolumes,
} from './pod-template.ts';
import { longTime } from './times.ts';

export const describePod: Describer<Pod> = async (pod, text, { clock }) => {
  const { metadata, spec, status = {} } = pod;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  if (spec.priority !== undefined) text.line(0, 'Priority:', String(spec.priority));
  if (spec.priorityClassName) text.line(0, 'Priority Class Name:', spec.priorityClassName);
  if (spec.runtimeClassName) text.line(0, 'Runtime Class Name:', spec.runtimeClassName);
  if (spec.serviceAccountName) text.line(0, 'Service Account:', spec.serviceAccountName);
  text.line(0, 'Node:', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>');
  if (status.startTime) text.line(0, 'Start Time:', longTime(status.startTime));
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  if (metadata.deletionTimestamp && status.phase !== 'Failed' && status.phase !== 'Succeeded') {
    const lasts = humanDuration(clock.now() - Date.parse(metadata.deletionTimestamp));
    text.line(0, 'Status:', `Terminating (lasts ${lasts})`);
    text.line(0, 'Termination Grace Period:', `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else text.line(0, 'Status:', status.phase ?? '');
  if (status.reason) text.line(0, 'Reason:', status.reason);
  if (status.message) text.line(0, 'Message:', status.message);
  const { seccompProfile } = spec.securityContext ?? {};
  if (seccompProfile) text.line(0, 'SeccompProfile:', seccompProfile.type);
  if (seccompProfile?.localhostProfile) text.line(0, 'LocalhostProfile:', seccompProfile.localhostProfile);
  text.line(0, 'IP:', status.podIP ?? '');
  const ips = status.podIPs ?? [];
  if (ips.length === 0) text.line(0, 'IPs:', '<none>');
  else text.line(0, 'IPs:');
  for (const { ip } of ips) text.line(1, 'IP:', ip ?? '');
  const owner = controllerOf(pod);
  if (owner) text.line(0, 'Controlled By:', `${owner.kind}/${owner.name}`);
  if (status.nominatedNodeName) text.line(0, 'NominatedNodeName:', status.nominatedNodeName);
  if (spec.resources) {
    text.line(0, 'Resources:');
    describeResources(text, 1, spec.resources);
  }
  for (const [title, containers, statuses] of [
    ['Init Containers', spec.initContainers ?? [], status.initContainerStatuses],
    ['Containers', spec.containers, status.containerStatuses],
    ['Ephemeral Containers', spec.ephemeralContainers ?? [], status.ephemeralContainerStatuses],
  ] as const) {
    if (containers.length > 0 || title === 'Containers')
      describeContainers(text, { title, level: 0, containers, statuses: statuses ?? [], pod });
  }
  if (spec.readinessGates?.length) {
    text.line(0, 'Readiness Gates:');
    text.line(1, 'Type', 'Status');
    for (const { conditionType } of spec.readinessGates) {
      const condition = status.conditions?.find(({ type }) => type === conditionType);
      text.line(1, `${conditionType} `, `${condition?.status ?? '<none>'} `);
    }
  }
  if (status.conditions?.length) {
    text.line(0, 'Conditions:');
    text.line(1, 'Type', 'Status');
    // Upstream's cells end in a blank here.
    for (const { type, status: value } of status.conditions) text.line(1, `${type} `, `${value} `);
  }
  describeVolumes(text, 0, spec.volumes);
  text.line(0, 'QoS Class:', status.qosClass || (await import('@typernetes/api')).qosClassOf(spec));
  text.pairs(0, 'Node-Selectors:', spec.nodeSelector);
  describeTolerations(text, 0, spec.tolerations);
  describeSpread(text, 0, spec.topologySpreadConstraints);
};
