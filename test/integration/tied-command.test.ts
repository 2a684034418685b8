import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from './api.ts';

const program = `
  import { spawn } from 'node:child_process';
  import { tied } from ${JSON.stringify(import.meta.resolve('../tied-command.ts'))};
  const child = spawn(...tied(['sleep', '1000']), { stdio: 'ignore' });
  console.log(child.pid);
`;

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`what a test has started ends with it when ${signal} does`, async (t) => {
    const tester = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => tester.kill('SIGKILL'));
    const [printed] = await tester.stdout.take(1).toArray();
    const started = `/proc/${String(printed).trim()}`;
    assert.ok(existsSync(started));
    tester.kill(signal);
    await eventually(async () => !existsSync(started) || undefined);
  });
}
