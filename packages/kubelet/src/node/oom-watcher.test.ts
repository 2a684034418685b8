import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { OomReader, OomWatcher } from './oom-watcher.ts';

const common = 'nodemask=(null),cpuset=/,mems_allowed=0';
const ofMachine = [
  'java invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
  'Tasks state (memory values in pages):',
  `oom-kill:constraint=CONSTRAINT_NONE,${common},global_oom,task_memcg=/kubepods/podu/c,task=node (a),pid=42,uid=0`,
  'Out of memory: Killed process 42 (node (a)) total-vm:15791416kB, anon-rss:14369596kB, oom_score_adj:1000',
];
const ofGroup = [
  'sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999',
  `oom-kill:constraint=CONSTRAINT_MEMCG,${common},oom_memcg=/kubepods/podu/c,task_memcg=/kubepods/podu/c,task=sh,pid=43,uid=0`,
  'Memory cgroup out of memory: Killed process 43 (sh) total-vm:43236kB, anon-rss:20228kB, oom_score_adj:999',
];
const ofGroupInOldWords = [
  'sh invoked oom-killer: gfp_mask=0x14000c0, order=0, oom_score_adj=999',
  'Task in /kubepods/podu/c killed as a result of limit of /kubepods/podu',
  'Killed process 44 (sh) total-vm:43236kB, anon-rss:20228kB',
];

test('who is killed because the machine is out of memory is found, and not who is at the limit of its group', () => {
  const reader = new OomReader();
  const messages = ['cni0: port 3 entered disabled state', ...ofGroup, ...ofMachine, ...ofGroupInOldWords];
  assert.deepEqual(reader.take(messages), [{ process: 'node (a)', pid: 42 }]);
  assert.deepEqual(reader.take(ofMachine.slice(0, 2)), []);
  assert.deepEqual(reader.take(ofMachine.slice(2)), [{ process: 'node (a)', pid: 42 }], 'however it comes');
});

test("the node's events tell it", async () => {
  const [clock, events, stop] = [new FakeClock(), new RecordedEvents(), new AbortController()];
  let waiting: readonly string[] = ofMachine;
  let isOpen = true;
  const watcher = new OomWatcher({
    open: async () => ({
      read: async () => {
        const messages = waiting;
        waiting = [];
        return messages;
      },
      close: async () => {
        isOpen = false;
      },
    }),
    node: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'n' } },
    recorder: events,
    clock,
    log: silentLogger,
  });
  const running = watcher.run(stop.signal);
  for (let look = 0; look < 3; look++) await clock.advance(10_000);
  stop.abort();
  await running;
  assert.equal(events.seen.length, 1);
  assert.match(events.seen[0] ?? '', /Warning SystemOOM System OOM encountered, victim process: node \(a\), pid: 42$/);
  assert.deepEqual([isOpen, clock.pending], [false, 0]);
});
