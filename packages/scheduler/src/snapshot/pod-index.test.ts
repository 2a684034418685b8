import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clusterOf } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';

const zones = ['a', 'b', 'c'];
const matcher = {
  key: 'web',
  matches: (pod: { metadata: { labels?: Record<string, string> } }) => pod.metadata.labels?.app === 'web',
};
const anti = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } } },
    ],
  },
};

/** One change of the cluster: [what, node, pod, app, zone]. */
const step = fc.tuple(
  fc.constantFrom('assume', 'put', 'forget', 'remove', 'relabel', 'dropNode', 'addNode'),
  fc.nat(3),
  fc.nat(5),
  fc.constantFrom('web', 'db'),
  fc.constantFrom(...zones),
);

test('whatever happens, the counts equal those of a fresh count of all pods', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cluster = clusterOf([0, 1, 2, 3].map((i) => makeNode(`n${i}`, { labels: { zone: 'a' } })));
      cluster.pods.selected(matcher).inDomains('zone');
      for (const [what, node, number, app, zone] of steps) {
        const nodeName = `n${node}`;
        const pod = makePod({ name: `p${number}`, labels: { app }, affinity: anti, requests: { cpu: '1' } });
        const { uid } = pod.metadata;
        if (what === 'assume' && !cluster.isAssumed(uid) && !cluster.removePod(uid)) cluster.assume(pod, nodeName);
        else if (what === 'put') cluster.putPod({ ...pod, spec: { ...pod.spec, nodeName } });
        else if (what === 'forget') cluster.forget(uid);
        else if (what === 'remove') cluster.removePod(uid);
        else if (what === 'dropNode') cluster.removeNode(nodeName);
        else if (what !== 'assume') cluster.putNode(makeNode(nodeName, { labels: { zone } }));
        check(cluster);
      }
    }),
    { numRuns: 200 },
  );
});

function check(cluster: ReturnType<typeof clusterOf>): void {
  const selected = new Map<string, number>();
  const carriers = new Map<string, number>();
  for (const node of cluster.nodes) {
    const pods = [...node.pods()];
    assert.equal(node.requested.cpu, pods.length * 1000);
    const zone = node.labels.zone as string;
    const web = pods.filter(matcher.matches).length;
    assert.equal(cluster.pods.selected(matcher).onNode(node), web);
    if (web > 0) selected.set(zone, (selected.get(zone) ?? 0) + web);
    if (pods.length > 0) carriers.set(zone, (carriers.get(zone) ?? 0) + pods.length);
  }
  assert.deepEqual(cluster.pods.selected(matcher).inDomains('zone'), selected);
  const [term] = [...cluster.pods.carriers('requiredAnti')];
  assert.deepEqual(term?.count.inDomains('zone') ?? new Map(), carriers);
}
