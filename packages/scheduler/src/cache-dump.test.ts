import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheDump, cacheMismatch } from './cache-dump.ts';
import { Nominator } from './queue/nominator.ts';
import { ClusterSnapshot } from './snapshot/cluster-snapshot.ts';
import { makeNode, makePod } from './testing/objects.ts';

const node = makeNode('a', { allocatable: { 'example.com/gpu': '2' } });
const placed = {
  ...makePod({ name: 'placed', nodeName: 'a', requests: { cpu: '500m' } }),
  status: { phase: 'Running' as const },
};
const waiting = makePod({ name: 'waiting' });
const nominated = makePod({ name: 'nominated' });

function sight() {
  const snapshot = new ClusterSnapshot();
  snapshot.putNode(node);
  snapshot.putPod(placed);
  const nominations = new Nominator();
  nominations.nominate(nominated, 'a');
  return {
    nodes: snapshot.nodes,
    nominations,
    waiting: [
      { pod: waiting, place: 'active' },
      { pod: nominated, place: 'gated' },
    ],
  } as const;
}

test("prints nodes, their pods and requests, and the queue, in upstream's format", () => {
  const dump = cacheDump(sight());
  assert.equal(dump.summary, 'activeQ:1; backoffQ:0; unschedulablePods:1');
  assert.equal(
    dump.nodes,
    `Node name: a
Deleted: false
Requested Resources: {MilliCPU:500 Memory:0 EphemeralStorage:0 AllowedPodNumber:0 ScalarResources:map[]}
Allocatable Resources: {MilliCPU:4000 Memory:8589934592 EphemeralStorage:0 AllowedPodNumber:110 ScalarResources:map[example.com/gpu:2]}
Scheduled Pods(number: 1):
name: placed, namespace: default, uid: uid-placed, phase: Running, nominated node: 
Nominated Pods(number: 1):
name: nominated, namespace: default, uid: uid-nominated, phase: , nominated node: `,
  );
  assert.match(dump.pods, /^name: waiting, .*\nname: nominated, /);
});

test('reports missing and redundant entries', () => {
  const isOurs = () => true;
  const same = cacheMismatch(sight(), { nodes: [node], pods: [placed, waiting, nominated], isOurs });
  assert.deepEqual(Object.values(same).flat(), []);
  const ended = { ...makePod({ name: 'ended', nodeName: 'a' }), status: { phase: 'Succeeded' as const } };
  const unseen = makePod({ name: 'unseen', nodeName: 'a' });
  const elsewhere = makePod({ name: 'elsewhere', nodeName: 'b' });
  const other = cacheMismatch(sight(), { nodes: [makeNode('b')], pods: [waiting, ended, unseen, elsewhere], isOurs });
  assert.deepEqual(other, {
    missedNodes: ['b'],
    redundantNodes: ['a'],
    missedPods: ['uid-unseen'],
    redundantPods: ['uid-nominated', 'uid-placed'],
  });
});
