import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@typernetes/api/core/v1';
import { Description } from './description.ts';
import { writeEvents } from './events.ts';

test('aligns cells with their neighbours above and below only', () => {
  const text = new Description();
  text.line(0, 'Name:', 'web');
  text.pairs(0, 'Labels:', { b: '2', a: '1' });
  text.annotations(0, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
  text.line(0, 'Containers:');
  text.line(1, 'nginx:');
  text.line(2, 'A long title:', 'x');
  assert.equal(
    text.toString(),
    'Name:         web\nLabels:       a=1\n              b=2\nAnnotations:  <none>\nContainers:\n  nginx:\n    A long title:  x\n',
  );
});

test('lists events oldest first, with counts for repeated ones', () => {
  const event = (reason: string, seconds: number, count: number): Event =>
    ({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      type: 'Normal',
      reason,
      message: `${reason} it`,
      involvedObject: { kind: 'Pod', fieldPath: 'spec.containers{web}' },
      count,
      source: { component: 'kubelet' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: `2026-01-01T00:00:${String(seconds).padStart(2, '0')}Z`,
    }) as unknown as Event;
  const text = new Description();
  writeEvents([event('Started', 20, 1), event('Pulled', 10, 3)], text, Date.parse('2026-01-01T00:01:00Z'));
  assert.equal(
    text.toString(),
    `Events:
  Type    Reason   Age                From     Message
  ----    ------   ----               ----     -------
  Normal  Pulled   50s (x3 over 60s)  kubelet  spec.containers{web}: Pulled it
  Normal  Started  60s                kubelet  spec.containers{web}: Started it
`,
  );
});
