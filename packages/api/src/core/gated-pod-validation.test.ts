import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { defaultPod } from './pod-defaults.ts';
import { validatePodUpdate } from './pod-validation.ts';
import type { Pod } from './v1.gen.ts';

const pod = (spec: object, gates = [{ name: 'example.com/a' }]): Pod => {
  const object = {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'nginx' }], schedulingGates: gates, ...spec },
  } as unknown as Pod;
  defaultPod(object);
  return object;
};
const problems = (current: object, next: object, gates?: { name: string }[]): string[] =>
  validatePodUpdate(pod(next, gates), pod(current, gates)).map(problemText);

const a = { key: 'a', operator: 'In', values: ['x'] };
const b = { key: 'b', operator: 'Exists' };
const terms = (...given: object[][]): object => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: given.map((matchExpressions) => ({ matchExpressions })),
      },
    },
  },
});
const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';

test('the node choice of a gated pod can be narrowed', () => {
  assert.deepEqual(problems({ nodeSelector: { x: 'y' } }, { nodeSelector: { x: 'y', z: 'w' } }), []);
  assert.deepEqual(problems({}, terms([a], [b])), []);
  assert.deepEqual(problems(terms([a]), terms([a, b])), []);
  const preferred = {
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [b] } }],
  };
  assert.deepEqual(problems({}, { affinity: { nodeAffinity: preferred } }), []);
  assert.deepEqual(problems({ affinity: { nodeAffinity: preferred } }, {}), []);
});

test('the node choice of a gated pod cannot be widened, and nothing else of its placement changes', () => {
  const additions = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  assert.deepEqual(problems({ nodeSelector: { x: 'y' } }, { nodeSelector: { x: 'z' } }), [
    `spec.nodeSelector: Invalid value: {"x":"z"}: ${additions}`,
  ]);
  assert.deepEqual(problems({ nodeSelector: { x: 'y' } }, {}), [
    `spec.nodeSelector: Invalid value: null: ${additions}`,
  ]);
  const shownB = '{"MatchExpressions":[{"Key":"b","Operator":"Exists","Values":null}],"MatchFields":null}';
  const shownA = '{"MatchExpressions":[{"Key":"a","Operator":"In","Values":["x"]}],"MatchFields":null}';
  assert.deepEqual(problems(terms([a]), terms([b])), [
    `${path}[0]: Invalid value: ${shownB}: only additions are allowed (no mutations or deletions)`,
  ]);
  assert.deepEqual(problems(terms([a]), terms([a], [b])), [
    `${path}: Invalid value: [${shownA},${shownB}]: no additions/deletions to non-empty NodeSelectorTerms list are allowed`,
  ]);
  const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', labelSelector: {} }] };
  assert.match(
    problems({}, { affinity: { podAffinity } })[0] ?? '',
    /^spec: Forbidden: pod updates may not change fields/,
  );
  assert.match(problems({}, { nodeSelector: { x: 'y' } }, [])[0] ?? '', /^spec: Forbidden: pod updates may not change/);
});
