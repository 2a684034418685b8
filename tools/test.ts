/**
 * Runs every test: unit tests first, then those that need several components, then those that need machines. Each stage ends with the
 * summary of node:test. Arguments narrow by path.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const only = process.argv.slice(2);
const stages: readonly { name: string; pattern: string[]; concurrency: number }[] = [
  {
    name: 'unit',
    pattern: ['{packages,apps}/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'images/**/*.test.ts'],
    concurrency: 2,
  },
  {
    name: 'integration',
    pattern: ['{packages,apps}/*/src/**/*.itest.ts', 'test/integration/**/*.test.ts'],
    concurrency: 2,
  },
  { name: 'machines', pattern: ['test/{e2e,walkthrough}/**/*.test.ts'], concurrency: 1 },
];

const failed: string[] = [];
for (const stage of stages) {
  const files = globSync(stage.pattern).filter((file) => only.length === 0 || only.some((part) => file.includes(part)));
  if (files.length === 0) continue;
  console.log(`== ${stage.name}: ${files.length} files`);
  const run = spawnSync(
    process.execPath,
    ['--test', `--test-concurrency=${stage.concurrency}`, '--test-reporter=spec', ...files.sort()],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (run.status !== 0) failed.push(stage.name);
}
if (failed.length > 0) {
  console.error(`Tests failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
