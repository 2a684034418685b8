/**
 * Runs test files, each in a process of its own, in the order in which they are named: what takes longest first, so that nothing long is left
 * when one lane is done. `node --test` would sort them by name.
 *
 *     node tools/run-files.ts --concurrency=2 --timeout=60000 --failed=FILE test.ts…
 *
 * The exit code is 1 when a test failed; the files with failed tests are written to the file that `--failed` names.
 */
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import failedFiles from './failed-files.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '1' },
    timeout: { type: 'string', default: '600000' },
    failed: { type: 'string', default: '/dev/null' },
  },
});
const stop = new AbortController();
// Ends the processes of the files; what they report until then is still told.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const events = run({
  files: positionals.map((file) => resolve(file)),
  concurrency: Number(values.concurrency),
  isolation: 'process',
  timeout: Number(values.timeout),
  // What a failed test leaves open must not keep its process, and with it the whole run, waiting.
  forceExit: true,
  signal: stop.signal,
});
events.on('test:summary', ({ success }) => {
  if (!success) process.exitCode = 1;
});
events.on('test:fail', ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
events.compose(failedFiles).pipe(createWriteStream(values.failed));
events.compose(spec).pipe(process.stdout);
