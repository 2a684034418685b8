import type { Event, Namespace, Node, Pod, ReplicationController, Secret, Service } from '@typernetes/api/core/v1';
import { referenceFieldNames, referenceFields, type SelectableFields } from '../selectable-fields.ts';

export const podFields: SelectableFields<Pod> = {
  names: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  read: ({ spec, status }) => ({
    'spec.nodeName': spec.nodeName ?? '',
    'spec.restartPolicy': spec.restartPolicy ?? '',
    'spec.schedulerName': spec.schedulerName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    'status.podIP': status?.podIPs?.[0]?.ip ?? '',
    // Accepted, but upstream compares it with nothing.
    'status.podIPs': '',
    'status.nominatedNodeName': status?.nominatedNodeName ?? '',
  }),
};

export const nodeFields: SelectableFields<Node> = {
  names: ['spec.unschedulable'],
  read: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
};

export const namespaceFields: SelectableFields<Namespace> = {
  names: ['status.phase'],
  read: ({ status }) => ({ 'status.phase': status?.phase ?? '' }),
};

export const secretFields: SelectableFields<Secret> = {
  names: ['type'],
  read: ({ type }) => ({ type: type ?? '' }),
};

export const serviceFields: SelectableFields<Service> = {
  names: ['spec.clusterIP', 'spec.type'],
  read: ({ spec }) => ({ 'spec.clusterIP': spec.clusterIP ?? '', 'spec.type': spec.type ?? '' }),
};

export const replicationControllerFields: SelectableFields<ReplicationController> = {
  names: ['status.replicas'],
  read: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
};

export const eventFields: SelectableFields<Event> = {
  names: [
    ...referenceFieldNames.map((name) => `involvedObject.${name}`),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  read: (event) => ({
    ...referenceFields('involvedObject', event.involvedObject),
    reason: event.reason ?? '',
    reportingComponent: event.reportingComponent ?? '',
    source: event.source?.component || event.reportingComponent || '',
    type: event.type ?? '',
  }),
};
