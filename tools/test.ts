/**
 * Runs every test: unit tests first, then those that need several components, then those that need machines. Each stage
 * ends with the summary of node:test. Arguments filter by path, `--stage=NAME` by stage.
 *
 * A file of the later stages that fails while others use the processors is run once more, alone. If it passes then, the
 * run goes on, and the file is listed as unsteady at the end: a defect of the test or of what it tests, but not a
 * reason to hold back the rest.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

interface Stage {
  readonly name: string;
  readonly pattern: readonly string[];
  readonly concurrency: number;
  /** The most files to run in parallel when the processors idle; default: the concurrency. */
  readonly most?: number;
  /**
   * Whether each file has a process of its own. One process for all takes a sixth of the time, because starting Node
   * and loading modules is most of it.
   */
  readonly isolated: boolean;
  /** Whether its files create machines, which share programs and unpacked images. */
  readonly machines?: boolean;
  /**
   * Parts of the names of files that take several minutes, the longest first: started last they would keep the other
   * lane waiting.
   */
  readonly first?: readonly string[];
  /** The time after which a test, or the tests of a file together, count as hung: they then fail under their name. */
  readonly mostMinutes: number;
  /** How many failed files get a second run. More failures are no accident. */
  readonly secondRuns: number;
}

const stages: readonly Stage[] = [
  {
    name: 'unit',
    pattern: ['{packages,apps}/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'images/**/*.test.ts'],
    concurrency: 2,
    isolated: false,
    mostMinutes: 5,
    secondRuns: 0,
  },
  {
    name: 'integration',
    pattern: ['{packages,apps}/*/src/**/*.itest.ts', 'test/integration/**/*.test.ts', 'examples/**/*.test.ts'],
    concurrency: 2,
    isolated: true,
    mostMinutes: 10,
    secondRuns: 3,
  },
  {
    name: 'machines',
    pattern: ['test/{e2e,walkthrough}/**/*.test.ts'],
    concurrency: 2,
    most: 3,
    isolated: true,
    machines: true,
    first: ['e2e/control-planes', 'e2e/kubelet'],
    mostMinutes: 20,
    secondRuns: 3,
  },
];

// Stripping types and compiling is half of a short file's time, and all files load the same thousand modules. The cache
// is keyed by content.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, '../.cache/compiled');

const notes = mkdtempSync(join(tmpdir(), 'typernetes-test-'));
let parts: string | undefined;

/**
 * Builds all images, and creates the directory that the homes of all tests share; it must be in a place that machines
 * can use.
 */
async function prepareMachines(): Promise<void> {
  parts ??= mkdtempSync('/var/lib/typernetes-test-');
  process.env.TYPERNETES_TEST_PARTS = parts;
  const status = await run(['images/build.ts']);
  if (status !== 0) throw new Error(`images/build.ts: exit code ${status}`);
}

/** The process running now. */
let child: ChildProcess | undefined;

/** Runs Node on our standard output; returns its exit code, or the signal that ended it. */
async function run(args: readonly string[]): Promise<number | string> {
  child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await once(child, 'close');
  child = undefined;
  return code ?? signal;
}

function cleanUp(): void {
  for (const folder of [notes, parts]) if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
// The tests end first, with their machines. A terminal sends SIGINT to them as well, and a second one would end them at
// once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    child?.kill('SIGTERM');
    const isOver = child ? once(child, 'close') : Promise.resolve();
    void isOver.then(() => process.exit(130));
  });
}
process.on('exit', cleanUp);

/** Reporters that write the files with failed tests to `list`. */
const reportersTo = (list: string): string[] =>
  ['spec', 'stdout', `file://${import.meta.dirname}/failed-files.ts`, list].map(
    (value, index) => `--test-reporter${index % 2 === 0 ? '' : '-destination'}=${value}`,
  );

/** The slowest files first, the others by name. */
function inTurn(files: readonly string[], { first = [] }: Stage): readonly string[] {
  const turn = (file: string): number => {
    const index = first.findIndex((part) => file.includes(part));
    return index === -1 ? first.length : index;
  };
  return [...files].sort().sort((one, other) => turn(one) - turn(other));
}

/** The files with failed tests; `*` when the run itself failed. */
async function failuresOf(
  files: readonly string[],
  { concurrency, most = concurrency, isolated, mostMinutes }: Stage,
): Promise<string[]> {
  const list = join(notes, 'failed-files');
  const timeout = mostMinutes * 60_000;
  const status = await run(
    isolated
      ? [
          join(import.meta.dirname, 'run-files.ts'),
          `--concurrency=${concurrency}`,
          `--most=${most}`,
          `--timeout=${timeout}`,
          `--failed=${list}`,
          ...files,
        ]
      : ['--test', '--test-isolation=none', `--test-timeout=${timeout}`, ...reportersTo(list), ...files],
  );
  if (status === 0) return [];
  const failed = readFileSync(list, 'utf8').split('\n').filter(Boolean);
  return failed.length > 0 ? failed.map((file) => relative(process.cwd(), file)) : ['*'];
}

const args = process.argv.slice(2);
const only = args.filter((arg) => !arg.startsWith('--'));
const chosen = args.flatMap((arg) => (arg.startsWith('--stage=') ? arg.slice('--stage='.length).split(',') : []));
const failed: string[] = [];
const unsteady: string[] = [];
for (const stage of stages) {
  if (chosen.length > 0 && !chosen.includes(stage.name)) continue;
  const files = globSync(stage.pattern).filter((file) => only.length === 0 || only.some((part) => file.includes(part)));
  if (files.length === 0) continue;
  console.log(`== ${stage.name}: ${files.length} files`);
  if (stage.machines) await prepareMachines();
  let failures = await failuresOf(inTurn(files, stage), stage);
  if (failures.length > 0 && failures.length <= stage.secondRuns && !failures.includes('*')) {
    console.log(`== ${stage.name}: once more, alone: ${failures.join(', ')}`);
    const before = failures;
    failures = [];
    for (const file of before) failures.push(...(await failuresOf([file], { ...stage, concurrency: 1, most: 1 })));
    unsteady.push(...before.filter((file) => !failures.includes(file)));
  }
  if (failures.length > 0) failed.push(`${stage.name} (${failures.join(', ')})`);
}
if (unsteady.length > 0) console.log(`Unsteady, passed only alone: ${unsteady.join(', ')}`);
if (failed.length > 0) {
  console.error(`Tests failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
