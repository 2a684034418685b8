/**
 * Runs test files, each in a process of its own, in the given order: the slowest first, so that no long one is left when the other lanes are
 * done. `node --test` would sort them by name and use a fixed number of lanes. Tests with machines spend half of their time waiting for fixed
 * delays (a probe's third failure, the end of a lease), so another lane opens whenever the processors idle.
 *
 *     node tools/run-files.ts --concurrency=2 --most=4 --timeout=60000 --failed=FILE test.ts…
 *
 * The exit code is 1 when a test failed; the files with failed tests are written to the file given by `--failed`. The report of a file is
 * printed when it has finished.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/**
 * How long, and how much of them (1 is all), the processors must have idled before another lane opens: by then the last
 * lane's effect shows.
 */
const idleMs = 8000;
const idleShare = 0.5;
/** The totals that `run` prints for each file; here they are printed once for all. */
const isTotal = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '1' },
    most: { type: 'string', default: '0' },
    timeout: { type: 'string', default: '600000' },
    failed: { type: 'string', default: '/dev/null' },
  },
});
const lanes = Number(values.concurrency);
const mostLanes = Math.max(lanes, Number(values.most));
const stop = new AbortController();
// Stops the processes of the files; what they report until then is still printed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

interface Outcome {
  readonly file: string;
  readonly events: readonly TestEvent[];
  readonly seconds: number;
}

async function runFile(file: string): Promise<Outcome> {
  const start = performance.now();
  const events: TestEvent[] = [];
  const stream = run({
    files: [file],
    isolation: 'process',
    timeout: Number(values.timeout),
    // Resources that a failed test leaves open must not keep its process, and with it the whole run, waiting.
    forceExit: true,
    signal: stop.signal,
  });
  for await (const event of stream) events.push(event as TestEvent);
  return { file, events, seconds: Math.round((performance.now() - start) / 1000) };
}

/** Whether a test failed, or the file as a whole: a file that cannot be loaded has no tests. */
const hasFailed = ({ events }: Outcome): boolean =>
  events.some(
    ({ type, data }) =>
      (type === 'test:summary' && !data.success) ||
      (type === 'test:fail' && (data.todo === undefined || data.todo === false)),
  );

const processorTimes = (): { readonly idle: number; readonly all: number } => {
  const times = cpus().map(({ times }) => times);
  const all = times.flatMap((one) => Object.values(one)).reduce((sum, time) => sum + time, 0);
  return { idle: times.reduce((sum, { idle }) => sum + idle, 0), all };
};

/** The results of the files, in the order in which they finish. */
async function* outcomes(files: readonly string[]): AsyncGenerator<Outcome> {
  const waiting = [...files];
  const running = new Map<string, Promise<Outcome>>();
  let before = { at: performance.now(), ...processorTimes() };
  const mayOpen = (): boolean => {
    if (running.size < lanes) return true;
    const now = { at: performance.now(), ...processorTimes() };
    if (now.at - before.at < idleMs) return false;
    const share = (now.idle - before.idle) / Math.max(now.all - before.all, 1);
    before = now;
    return running.size < mostLanes && share >= idleShare;
  };
  while (waiting.length + running.size > 0) {
    while (waiting.length > 0 && !stop.signal.aborted && mayOpen()) {
      const file = waiting.shift() as string;
      running.set(file, runFile(file));
      before = { at: performance.now(), ...processorTimes() };
    }
    if (running.size === 0) return;
    const over = await Promise.race([...running.values(), sleep(1000, undefined, { ref: false })]);
    if (over === undefined) continue;
    running.delete(over.file);
    yield over;
  }
}

const failed: string[] = [];

const diagnostic = (message: string): TestEvent =>
  ({ type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } }) as TestEvent;

/** The events of all files, grouped by file, and finally the totals. */
async function* events(files: readonly string[]): AsyncGenerator<TestEvent> {
  const start = performance.now();
  const counts = { tests: 0, suites: 0, passed: 0, cancelled: 0, skipped: 0, todo: 0 };
  for await (const outcome of outcomes(files)) {
    if (hasFailed(outcome)) failed.push(outcome.file);
    for (const event of outcome.events) {
      const { type, data } = event;
      if (type === 'test:diagnostic' && isTotal.test(data.message)) continue;
      if (type === 'test:summary' && data.file === undefined) {
        for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += data.counts[key];
        continue;
      }
      yield event;
    }
    yield diagnostic(`${relative(process.cwd(), outcome.file)}: ${outcome.seconds} s`);
  }
  const { passed: pass, tests, suites, ...others } = counts;
  const fail = tests - pass - others.cancelled - others.skipped - others.todo;
  const totals = { tests, suites, pass, fail, ...others, duration_ms: performance.now() - start };
  for (const [name, value] of Object.entries(totals)) {
    yield diagnostic(`${name} ${value}`);
  }
}

const files = positionals.map((file) => resolve(file));
const report = Readable.from(events(files)).compose(spec);
report.pipe(process.stdout, { end: false });
report.once('end', () => {
  writeFileSync(values.failed, failed.map((file) => `${file}\n`).join(''));
  if (failed.length > 0 || stop.signal.aborted) process.exitCode = 1;
});
