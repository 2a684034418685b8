import type { PersistentVolume, Pod } from '@typernetes/api/core/v1';
import type { PolicyRule } from '@typernetes/api/rbac/v1';
import type { ResourceSlice } from '@typernetes/api/resource/v1';
import type { VolumeAttachment } from '@typernetes/api/storage/v1';
import type { Lister } from '@typernetes/client';
import { nodeNameOf } from '../identity/groups.ts';
import type { AccessAttributes, AccessDecision, Authorizer } from './authorizer.ts';
import { noOpinion } from './constant.ts';
import { nodeReferenceIndex, type ReferencedKind, referenceKey } from './node-references.ts';
import { ruleAllows } from './rules.ts';

/** The listers of pods and volumes have {@link nodeReferenceIndex}. */
interface NodeAuthorizerReads {
  readonly pods: Pick<Lister<Pod>, 'byIndex'>;
  readonly persistentVolumes: Pick<Lister<PersistentVolume>, 'get' | 'byIndex'>;
  readonly volumeAttachments: Pick<Lister<VolumeAttachment>, 'get'>;
  readonly resourceSlices: Pick<Lister<ResourceSlice>, 'get'>;
}

const allow: AccessDecision = { verdict: 'allow', reason: '' };
const deny = (reason: string): AccessDecision => ({ verdict: 'no-opinion', reason });

/**
 * `--authorization-mode=Node`: a kubelet may read what the pods on its node refer to, write its own objects, and
 * otherwise do what `rules` (the cluster role system:node) allow. Never denies: RBAC may allow a node more.
 */
export function nodeAuthorizer(reads: NodeAuthorizerReads, rules: readonly PolicyRule[]): Authorizer {
  return {
    name: 'Node',
    authorize: (access) => {
      const node = nodeNameOf(access.user);
      if (node === undefined) return noOpinion;
      const byRules = (): AccessDecision => (rules.some((rule) => ruleAllows(rule, access)) ? allow : noOpinion);
      return special(access, node, reads) ?? byRules();
    },
  };
}

/** The decision for kinds that need more than a rule; undefined for others. */
function special(access: AccessAttributes, node: string, reads: NodeAuthorizerReads): AccessDecision | undefined {
  if (!access.isResourceRequest) return undefined;
  switch (access.apiGroup === '' ? access.resource : `${access.resource}.${access.apiGroup}`) {
    case 'secrets':
      return readOne(access, node, () => leadsTo(access, node, 'secret', reads) || mountsSecret(access, node, reads));
    case 'configmaps':
      return readOne(access, node, () => leadsTo(access, node, 'configmap', reads));
    case 'persistentvolumeclaims':
      if (access.subresource === 'status') {
        if (!['get', 'update', 'patch'].includes(access.verb)) return deny('can only get/update/patch this type');
        return related(node, leadsTo(access, node, 'pvc', reads));
      }
      return getOne(access, node, () => leadsTo(access, node, 'pvc', reads));
    case 'persistentvolumes':
      return getOne(access, node, () => mountsVolume(reads.persistentVolumes.get(access.name), node, reads));
    case 'volumeattachments.storage.k8s.io':
      return getOne(access, node, () => reads.volumeAttachments.get(access.name)?.spec.nodeName === node);
    case 'serviceaccounts':
      if (access.subresource === 'token') {
        if (access.verb !== 'create' || access.name === '')
          return deny('can only create tokens for individual service accounts');
        return related(node, leadsTo(access, node, 'serviceaccount', reads));
      }
      return getOne(access, node, () => leadsTo(access, node, 'serviceaccount', reads));
    case 'leases.coordination.k8s.io':
      return ownObject(access, node, 'node lease', 'kube-node-lease');
    case 'csinodes.storage.k8s.io':
      return ownObject(access, node, 'CSINode', '');
    case 'resourceclaims.resource.k8s.io':
      return getOne(access, node, () => leadsTo(access, node, 'resourceclaim', reads));
    case 'resourceslices.resource.k8s.io':
      return resourceSliceAccess(access, node, reads);
    case 'nodes':
      return nodeAccess(access, node);
    case 'pods':
      return podAccess(access, node, reads);
    default:
      return undefined;
  }
}

function podAccess(access: AccessAttributes, node: string, reads: NodeAuthorizerReads): AccessDecision | undefined {
  if (access.subresource !== '') return undefined;
  if (access.verb === 'get') return related(node, leadsTo(access, node, 'pod', reads));
  if (access.verb !== 'list' && access.verb !== 'watch') return undefined;
  return selects(access, node) ? allow : deny('can only list/watch pods with spec.nodeName field selector');
}

/** Whether a list or watch is restricted to the node. */
function selects({ fieldSelector = '' }: AccessAttributes, node: string): boolean {
  return fieldSelector.split(',').some((part) => part === `spec.nodeName=${node}` || part === `spec.nodeName==${node}`);
}

/** A kubelet reads its own Node, also before it exists; admission watches over what it writes. */
function nodeAccess({ subresource, verb, name }: AccessAttributes, node: string): AccessDecision {
  const writes = verb === 'update' || verb === 'patch';
  if (subresource === 'status') return writes ? allow : noOpinion;
  if (subresource !== '') return noOpinion;
  if (writes || verb === 'create') return allow;
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return noOpinion;
  if (name === node) return allow;
  const what = name === '' ? 'all nodes' : `'${name}'`;
  return deny(`node '${node}' cannot read ${what}, only its own Node object`);
}

function resourceSliceAccess(access: AccessAttributes, node: string, reads: NodeAuthorizerReads): AccessDecision {
  if (access.subresource !== '') return deny('cannot authorize ResourceSlice subresources');
  switch (access.verb) {
    case 'create':
      return allow;
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return related(node, reads.resourceSlices.get(access.name)?.spec.nodeName === node);
    case 'list':
    case 'watch':
    case 'deletecollection':
      return selects(access, node)
        ? allow
        : deny('can only list/watch/deletecollection resourceslices with spec.nodeName field selector');
    default:
      return deny(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      );
  }
}

function readOne(access: AccessAttributes, node: string, isRelated: () => boolean): AccessDecision {
  if (!['get', 'list', 'watch'].includes(access.verb)) return deny('can only read resources of this type');
  if (access.subresource !== '') return deny('cannot read subresource');
  if (access.namespace === '') return deny('can only read namespaced object of this type');
  return access.name === '' ? deny('No Object name found') : related(node, isRelated());
}

function getOne(access: AccessAttributes, node: string, isRelated: () => boolean): AccessDecision {
  if (access.verb !== 'get') return deny('can only get individual resources of this type');
  if (access.subresource !== '') return deny('cannot get subresource');
  return access.name === '' ? deny('No Object name found') : related(node, isRelated());
}

/** Objects that a node owns because they have its name. */
function ownObject(access: AccessAttributes, node: string, what: string, namespace: string): AccessDecision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(access.verb)) {
    return deny(`can only get, create, update, patch, or delete a ${what}`);
  }
  if (access.namespace !== namespace) return deny(`can only access leases in the "${namespace}" system namespace`);
  if (access.subresource !== '') return deny(`cannot authorize ${what} subresources`);
  // A create request does not name its object yet: admission compares the names.
  if (access.verb !== 'create' && access.name !== node)
    return deny(`can only access ${what} with the same name as the requesting node`);
  return allow;
}

const noRelation = (node: string): string => `no relationship found between node '${node}' and this object`;

function related(node: string, isRelated: boolean): AccessDecision {
  return isRelated ? allow : deny(noRelation(node));
}

function leadsTo(access: AccessAttributes, node: string, kind: ReferencedKind, reads: NodeAuthorizerReads): boolean {
  const key = referenceKey(node, kind, `${access.namespace}/${access.name}`);
  return reads.pods.byIndex(nodeReferenceIndex, key).length > 0;
}

function mountsVolume(volume: PersistentVolume | undefined, node: string, reads: NodeAuthorizerReads): boolean {
  const claim = volume?.spec.claimRef;
  if (!claim?.name || !claim.namespace) return false;
  return (
    reads.pods.byIndex(nodeReferenceIndex, referenceKey(node, 'pvc', `${claim.namespace}/${claim.name}`)).length > 0
  );
}

function mountsSecret(access: AccessAttributes, node: string, reads: NodeAuthorizerReads): boolean {
  return reads.persistentVolumes
    .byIndex(nodeReferenceIndex, `${access.namespace}/${access.name}`)
    .some((volume) => mountsVolume(volume, node, reads));
}
