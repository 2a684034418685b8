import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '@typernetes/api/coordination/v1';
import { nodes, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { csinodes } from '@typernetes/api/storage/v1';
import type { ResourceType } from '@typernetes/machinery';
import { admissionRequest, type RequestLiteral, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import { nodeRestriction } from './node-restriction.ts';

const user = { username: 'system:node:n1', groups: ['system:nodes'] };
const own = {
  metadata: { name: 'own', namespace: 'default', uid: 'u1', labels: { app: 'web' } },
  spec: { nodeName: 'n1' },
};
const foreign = { metadata: { name: 'foreign', namespace: 'default', uid: 'u2' }, spec: { nodeName: 'n2' } };
const plugin = nodeRestriction({ pods: literalReads([own, foreign] as never) });
const mirror = (spec: object, metadata: object = {}) => ({
  metadata: { name: 'm', annotations: { 'kubernetes.io/config.mirror': 'x' }, ...metadata },
  spec: { nodeName: 'n1', containers: [], ...spec },
});
const node = (name: string, labels: object = {}, spec: object = {}) => ({ metadata: { name, labels }, spec });
const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n' };
const token = (boundObjectRef?: object) => ({ metadata: { name: 'default' }, spec: { boundObjectRef } });
const podRef = (name: string, uid?: string) => ({ apiVersion: 'v1', kind: 'Pod', name, uid });
const reserved = 'node-restriction.kubernetes.io/zone';

const cases: [string, ResourceType<unknown>, RequestLiteral, RegExp | undefined][] = [
  ['mirrors a pod', pods, { object: mirror({}) }, undefined],
  [
    'mirrors a pod as its owner',
    pods,
    { object: mirror({}, { ownerReferences: [{ ...owner, controller: true }] }) },
    undefined,
  ],
  [
    'owner without controller',
    pods,
    { object: mirror({}, { ownerReferences: [owner] }) },
    /owner reference set to itself with controller=true/,
  ],
  [
    'any pod',
    pods,
    { object: { metadata: { name: 'p' }, spec: { nodeName: 'n1' } } },
    /pod does not have "kubernetes.io\/config.mirror" annotation, node "n1" can only create mirror pods/,
  ],
  [
    'for another node',
    pods,
    { object: mirror({ nodeName: 'n2' }) },
    /node "n1" can only create pods with spec.nodeName set to itself/,
  ],
  [
    'with an account',
    pods,
    { object: mirror({ serviceAccountName: 'x' }) },
    /can not create pods that reference a service account/,
  ],
  [
    'with a secret',
    pods,
    { object: mirror({ volumes: [{ name: 's', secret: {} }] }) },
    /can not create pods that reference secrets/,
  ],
  [
    'with a claim',
    pods,
    { object: mirror({ volumes: [{ name: 's', persistentVolumeClaim: {} }] }) },
    /can not create pods that reference persistentvolumeclaims/,
  ],
  ['deletes its pod', pods, { operation: 'DELETE', name: 'own', oldObject: own }, undefined],
  [
    'deletes another pod',
    pods,
    { operation: 'DELETE', name: 'foreign', oldObject: foreign },
    /can only delete pods with spec.nodeName set to itself/,
  ],
  ['reports its pod', pods, { operation: 'UPDATE', subresource: 'status', oldObject: own, object: own }, undefined],
  [
    'reports another pod',
    pods,
    { operation: 'UPDATE', subresource: 'status', oldObject: foreign, object: foreign },
    /can only update pod status for pods with spec.nodeName set to itself/,
  ],
  [
    'labels through status',
    pods,
    { operation: 'UPDATE', subresource: 'status', oldObject: own, object: { ...own, metadata: { name: 'own' } } },
    /cannot update labels through pod status/,
  ],
  [
    'evicts another pod',
    pods,
    { subresource: 'eviction', name: 'foreign', object: { metadata: { name: 'foreign' } } },
    /can only evict pods with spec.nodeName set to itself/,
  ],
  [
    'registers',
    nodes,
    { object: node('n1', { 'kubernetes.io/hostname': 'n1', 'node.kubernetes.io/x': '', mine: '' }) },
    undefined,
  ],
  ['registers another', nodes, { object: node('n2') }, /node "n1" is not allowed to modify node "n2"/],
  [
    'labels itself',
    nodes,
    { object: node('n1', { [reserved]: 'a' }) },
    /node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io\/zone/,
  ],
  [
    'relabels itself',
    nodes,
    { operation: 'UPDATE', object: node('n1'), oldObject: node('n1', { [reserved]: 'a' }) },
    /is not allowed to modify labels: node-restriction/,
  ],
  [
    'untaints itself',
    nodes,
    {
      operation: 'UPDATE',
      object: node('n1'),
      oldObject: node('n1', {}, { taints: [{ key: 'a', effect: 'NoSchedule' }] }),
    },
    /is not allowed to modify taints/,
  ],
  [
    'renews its lease',
    leases,
    { operation: 'UPDATE', name: 'n1', namespace: 'kube-node-lease', object: node('n1') },
    undefined,
  ],
  [
    "renews another's lease",
    leases,
    { object: node('n2'), namespace: 'kube-node-lease' },
    /can only access node lease with the same name as the requesting node/,
  ],
  [
    'a lease elsewhere',
    leases,
    { object: node('n1') },
    /can only access leases in the "kube-node-lease" system namespace/,
  ],
  [
    "another's CSINode",
    csinodes,
    { object: node('n2') },
    /can only access CSINode with the same name as the requesting node/,
  ],
  ['token for its pod', serviceaccounts, { subresource: 'token', object: token(podRef('own', 'u1')) }, undefined],
  [
    'token for nothing',
    serviceaccounts,
    { subresource: 'token', object: token() },
    /node requested token not bound to a pod/,
  ],
  [
    'token without uid',
    serviceaccounts,
    { subresource: 'token', object: token(podRef('own')) },
    /node requested token with a pod binding without a uid/,
  ],
  [
    'token for an old pod',
    serviceaccounts,
    { subresource: 'token', object: token(podRef('own', 'u0')) },
    /does not match the UID in record/,
  ],
  [
    "token for another's pod",
    serviceaccounts,
    { subresource: 'token', object: token(podRef('foreign', 'u2')) },
    /bound to a pod scheduled on a different node/,
  ],
];

for (const [what, resource, literal, refused] of cases) {
  test(`a node ${what}: ${refused ? 'refused' : 'allowed'}`, async () => {
    const running = runPlugin(plugin, admissionRequest(resource, { user, ...literal }));
    if (refused) await assert.rejects(running, refused);
    else await running;
    await runPlugin(plugin, admissionRequest(resource, literal));
  });
}

test('a node user without a node name may write nothing', async () => {
  const nameless = { username: 'kubelet', groups: ['system:nodes'] };
  await assert.rejects(
    runPlugin(plugin, admissionRequest(pods, { user: nameless, object: mirror({}) })),
    /could not determine node from user "kubelet"/,
  );
});
