import type { APIGroup, APIGroupList, APIResourceList } from '@typernetes/machinery';
import { groupVersion } from './metrics-objects.ts';

const group: APIGroup = {
  name: 'metrics.k8s.io',
  versions: [{ groupVersion, version: 'v1beta1' }],
  preferredVersion: { groupVersion, version: 'v1beta1' },
};

const groups: APIGroupList = { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] };

const resources: APIResourceList = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
};

/** The discovery documents, by path. */
export const discovery: Readonly<Record<string, APIGroupList | APIGroup | APIResourceList>> = {
  '/apis': groups,
  '/apis/metrics.k8s.io': { kind: 'APIGroup', apiVersion: 'v1', ...group },
  '/apis/metrics.k8s.io/v1beta1': resources,
};
