import type { TokenRequest } from '@typernetes/api/authentication/v1';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { nodeNameOf, nodesGroup } from '../../identity/groups.ts';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { changedLabels, labelsOutOfReach } from '../node-labels.ts';
import { referencesOf } from '../pod-references.ts';
import { refusal, targetOf } from '../request-target.ts';
import { isMirror } from './service-account.ts';

interface Deps {
  readonly pods: ObjectSource<Pod>;
}

/** Checks one kind of write by the kubelet of `node`; throws to refuse it. */
type Check = (request: AdmissionRequest, node: string, deps: Deps) => void | Promise<void>;

const checks: Readonly<Record<string, Check>> = {
  pods: checkPod,
  'pods/status': checkPodStatus,
  'pods/eviction': checkEviction,
  nodes: checkNode,
  'nodes/status': checkNode,
  'serviceaccounts/token': checkToken,
  'leases.coordination.k8s.io': checkLease,
  'csinodes.storage.k8s.io': checkCsiNode,
};

/** A kubelet writes only its own node, its own pods and what hangs on them. */
export function nodeRestriction(deps: Deps): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    handles: ({ user }) => user.groups.includes(nodesGroup),
    admit: async (request) => {
      const node = nodeNameOf(request.user);
      if (node === undefined) {
        throw refusal(request, `could not determine node from user ${JSON.stringify(request.user.username)}`);
      }
      await checks[targetOf(request)]?.(request, node, deps);
    },
  };
}

async function checkPod(request: AdmissionRequest, node: string, deps: Deps): Promise<void> {
  if (request.operation === 'DELETE') {
    const pod = (request.oldObject as Pod | undefined) ?? (await deps.pods.get(`${request.namespace}/${request.name}`));
    if (pod && pod.spec.nodeName !== node) {
      throw refusal(request, `node ${JSON.stringify(node)} can only delete pods with spec.nodeName set to itself`);
    }
    return;
  }
  if (request.operation !== 'CREATE') {
    throw refusal(
      request,
      `unexpected operation ${JSON.stringify(request.operation)}, node ${JSON.stringify(node)} can only create and delete mirror pods`,
    );
  }
  const pod = request.object as Pod;
  const who = `node ${JSON.stringify(node)}`;
  if (!isMirror(pod)) {
    throw refusal(
      request,
      `pod does not have "kubernetes.io/config.mirror" annotation, ${who} can only create mirror pods`,
    );
  }
  if (pod.spec.nodeName !== node)
    throw refusal(request, `${who} can only create pods with spec.nodeName set to itself`);
  checkOwner(request, pod, node);
  if (pod.spec.serviceAccountName)
    throw refusal(request, `${who} can not create pods that reference a service account`);
  const references = referencesOf(pod.spec);
  if (references.secrets) throw refusal(request, `${who} can not create pods that reference secrets`);
  if (references.configMaps) throw refusal(request, `${who} can not create pods that reference configmaps`);
  if (references.claims) throw refusal(request, `${who} can not create pods that reference persistentvolumeclaims`);
}

/** A mirror pod may only be owned by its node. */
function checkOwner(request: AdmissionRequest, pod: Pod, node: string): void {
  const owners = pod.metadata.ownerReferences ?? [];
  const who = `node ${JSON.stringify(node)}`;
  if (owners.length > 1) {
    throw refusal(request, `${who} can only create pods with a single owner reference set to itself`);
  }
  for (const owner of owners) {
    if (owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
      throw refusal(request, `${who} can only create pods with an owner reference set to itself`);
    }
    if (owner.controller !== true) {
      throw refusal(request, `${who} can only create pods with an owner reference set to itself with controller=true`);
    }
    if (owner.blockOwnerDeletion === true) {
      throw refusal(request, `${who} must not set blockOwnerDeletion on an owner reference`);
    }
  }
}

function checkPodStatus(request: AdmissionRequest, node: string): void {
  const who = `node ${JSON.stringify(node)}`;
  const [old, next] = [request.oldObject as Pod | undefined, request.object as Pod | undefined];
  if (request.operation !== 'UPDATE')
    throw refusal(request, `unexpected operation ${JSON.stringify(request.operation)}`);
  if (old?.spec.nodeName !== node) {
    throw refusal(request, `${who} can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (!sameRecord(old.metadata.labels, next?.metadata.labels)) {
    throw refusal(request, `${who} cannot update labels through pod status`);
  }
}

async function checkEviction(request: AdmissionRequest, node: string, deps: Deps): Promise<void> {
  const name = request.name || request.object?.metadata.name;
  const pod = await deps.pods.get(`${request.namespace}/${name}`);
  if (pod?.spec.nodeName !== node) {
    throw refusal(request, `node ${JSON.stringify(node)} can only evict pods with spec.nodeName set to itself`);
  }
}

function checkNode(request: AdmissionRequest, node: string): void {
  const name = request.name || request.object?.metadata.name;
  const who = `node ${JSON.stringify(node)}`;
  if (name !== node) throw refusal(request, `${who} is not allowed to modify node ${JSON.stringify(name)}`);
  const next = request.object as Node | undefined;
  if (!next) return;
  if (request.operation === 'CREATE') {
    const set = labelsOutOfReach(Object.keys(next.metadata.labels ?? {}));
    if (set.length > 0) throw refusal(request, `${who} is not allowed to set the following labels: ${set.join(', ')}`);
    if (next.metadata.ownerReferences?.length) throw refusal(request, `${who} is not allowed to set owner references`);
    return;
  }
  if (request.operation !== 'UPDATE') return;
  const old = request.oldObject as Node;
  if (
    request.subresource === '' &&
    JSON.stringify(old.spec?.taints ?? []) !== JSON.stringify(next.spec?.taints ?? [])
  ) {
    throw refusal(request, `${who} is not allowed to modify taints`);
  }
  const changed = labelsOutOfReach(changedLabels(old.metadata.labels, next.metadata.labels));
  if (changed.length > 0) throw refusal(request, `${who} is not allowed to modify labels: ${changed.join(', ')}`);
}

async function checkToken(request: AdmissionRequest, node: string, deps: Deps): Promise<void> {
  const ref = (request.object as TokenRequest | undefined)?.spec?.boundObjectRef;
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    throw refusal(request, 'node requested token not bound to a pod');
  }
  if (!ref.uid) throw refusal(request, 'node requested token with a pod binding without a uid');
  const pod = await deps.pods.get(`${request.namespace}/${ref.name}`);
  if (!pod) throw refusal(request, `pod ${JSON.stringify(ref.name)} not found`);
  if (pod.metadata.uid !== ref.uid) {
    throw refusal(
      request,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec.nodeName !== node) {
    throw refusal(request, 'node requested token bound to a pod scheduled on a different node');
  }
}

function checkLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== 'kube-node-lease') {
    throw refusal(request, 'can only access leases in the "kube-node-lease" system namespace');
  }
  const name = request.operation === 'CREATE' ? request.object?.metadata.name : request.name;
  if (name !== node) throw refusal(request, 'can only access node lease with the same name as the requesting node');
}

function checkCsiNode(request: AdmissionRequest, node: string): void {
  const name = request.operation === 'CREATE' ? request.object?.metadata.name : request.name;
  if (name !== node) throw refusal(request, 'can only access CSINode with the same name as the requesting node');
}

function sameRecord(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
