import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';
import { limitsOf, processMetrics, virtualBytes } from './process-metrics.ts';

test("a process reports its usage and limits under upstream's names", () => {
  const metrics = createMetrics();
  processMetrics(metrics, 1_700_000_000_000);
  const text = metrics.render();
  assert.match(text, /^process_start_time_seconds 1700000000$/m);
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_virtual_memory_bytes',
    'process_open_fds',
    'process_max_fds',
    'process_virtual_memory_max_bytes',
  ])
    assert.match(text, new RegExp(`^${name} (0\\.)?\\d*[1-9]`, 'm'), name);
  assert.match(text, /^kubernetes_build_info\{/m);
});

test('reads limits and sizes from the kernel', () => {
  const limits = limitsOf(
    'Limit                     Soft Limit           Hard Limit           Units     \n' +
      'Max open files            20000                30000                files     \n' +
      'Max address space         unlimited            unlimited            bytes     \n',
  );
  assert.equal(limits('Max open files'), 20_000);
  assert.equal(limits('Max address space'), 2 ** 64);
  const fields = Array.from({ length: 52 }, (_, i) => `${i + 1}`);
  fields[1] = '(a ) b)';
  assert.equal(virtualBytes(fields.join(' ')), 23);
});
