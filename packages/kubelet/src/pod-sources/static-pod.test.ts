import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staticPod } from './static-pod.ts';

test("the last of a manifest's duplicate keys wins, as for applied objects", () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\nspec:\n  containers: [\n    {name: c, image: d}\n  ]\n';
  const { metadata, spec } = staticPod(text, { nodeName: 'N', path: '/manifests/a.yaml', now: 0 });
  assert.equal(metadata.name, 'b-n');
  assert.deepEqual(spec.containers, [{ name: 'c', image: 'd' }]);
});
