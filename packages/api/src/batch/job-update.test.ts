import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateJobUpdate } from './job-validation.ts';
import type { Job } from './v1.gen.ts';

const container = { name: 'c', image: 'i', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' };

function job(labels: Readonly<Record<string, string>> | undefined, selector?: object): Job {
  const spec = {
    restartPolicy: 'Never',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    containers: [container],
  };
  const template = { ...(labels ? { metadata: { labels } } : {}), spec };
  return {
    metadata: { name: 'j', uid: 'u' },
    spec: { ...(selector ? { selector } : {}), template },
  } as unknown as Job;
}

const plain = { 'controller-uid': 'u', 'job-name': 'j' };
const all = { ...plain, 'batch.kubernetes.io/controller-uid': 'u', 'batch.kubernetes.io/job-name': 'j' };
const selector = { matchLabels: { 'controller-uid': 'u' } };
const problems = (next: Job, current: Job): string[] =>
  validateJobUpdate(next, current).map((problem) => problemText(problem).replace(/\{.*\}/, '{}'));

test('an updated job still has the selector and labels that were generated for it', () => {
  const current = job(all, selector);
  assert.deepEqual(problems(current, current), []);
  assert.deepEqual(problems(job(undefined), current), [
    'spec.selector: Required value',
    'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
    'spec.selector: Invalid value: null: field is immutable',
    'spec.template: Invalid value: {}: field is immutable',
  ]);
});

test('jobs of old releases need no labels with a prefix', () => {
  const old = job(plain, selector);
  assert.deepEqual(problems(old, old), []);
});
