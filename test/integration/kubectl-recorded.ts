import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startControlPlane } from 'typernetes';
import { bothKubectls, type Kubectl, type Printed } from './kubectl-beside-upstream.ts';
import { shown } from './kubectl-two-planes.ts';

export interface RecordedComparison {
  /**
   * Lines as typed, without `kubectl`; `_` in a word stands for a space, `§` for `_`. Words like `EDITOR=vi` before the
   * command are environment variables; `< FILE` at the end is the command's input.
   */
  readonly script: string;
  /** The file in `testdata/kubectl-recorded` with upstream's output. */
  readonly name: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A temporary directory named in lines, whose path differs from run to run. */
  readonly folder?: string;
  /** Recreates the directory's contents: lines may change them. */
  prepare?(): void;
}

/** The lines of a script, without comments. */
export const linesOf = (script: string): string[] =>
  script
    .trim()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

type Recorded = Printed & { readonly line: string };

/**
 * Runs each line of the script with our kubectl, against a control plane with one node, and compares output and exit
 * code with those recorded from upstream's kubectl against its own control plane. `RECORD_UPSTREAM=1` records anew,
 * with the real one.
 */
export async function compareWithRecorded(of: RecordedComparison): Promise<void> {
  const { script, name, folder = 'FOLDER' } = of;
  const lines = linesOf(script).map((line) => line.replaceAll(folder, 'FOLDER'));
  const file = join(import.meta.dirname, 'testdata/kubectl-recorded', `${name}.json`);
  if (process.env.RECORD_UPSTREAM) {
    const records = await typed(lines, 'upstream', of);
    mkdirSync(join(import.meta.dirname, 'testdata/kubectl-recorded'), { recursive: true });
    writeFileSync(file, `[\n${records.map((record) => `  ${JSON.stringify(record)}`).join(',\n')}\n]\n`);
  }
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded[];
  assert.deepEqual(
    lines,
    recorded.map(({ line }) => line),
    'the script has changed since: record anew with RECORD_UPSTREAM=1',
  );
  const misread = recorded.filter(({ err }) => /unknown command "[A-Z_ ]+=/.test(err));
  assert.deepEqual(misread, [], 'environment was taken for a command');
  const ours = await typed(lines, 'ours', of);
  // Reports all differences at once, because lines build on those before them.
  const differing = recorded.flatMap((upstream, i) => difference(ours[i] ?? assert.fail(), upstream));
  assert.equal(differing.length, 0, differing.join('\n'));
}

const difference = (ours: Recorded, upstream: Recorded): string[] => {
  const members = (['code', 'out', 'err'] as const).filter((member) => ours[member] !== upstream[member]);
  if (members.length === 0) return [];
  const of = (one: Recorded): string =>
    members.map((member) => `${member} ${JSON.stringify(one[member]).replaceAll('\\n', '\n')}`).join(' ');
  return [`kubectl ${upstream.line}\nours: ${of(ours)}\nupstream: ${of(upstream)}\n`];
};

/** Upstream prints these in random order, or depending on the second. */
const anyOrder = /config get-clusters|^events( --for=pod\/)?$/;

async function typed(lines: readonly string[], by: 'ours' | 'upstream', of: RecordedComparison): Promise<Recorded[]> {
  const { environment = {}, folder = 'FOLDER' } = of;
  of.prepare?.();
  await using plane = await startControlPlane({ nodes: 1 });
  using kubectls = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, ...environment });
  const records: Recorded[] = [];
  for (const line of lines) {
    const printed = await typedLine(line.replaceAll('FOLDER', folder), kubectls[by], folder);
    records.push({ line, ...comparable(printed, { line, folder }) });
  }
  return records;
}

const inOrder = (text: string): string => text.split('\n').sort().join('\n');

/** A line's output without what differs from run to run. */
export function comparable({ out, err, code }: Printed, { line, folder }: { line: string; folder: string }): Printed {
  const placeless = (text: string): string =>
    withoutProse(text.replaceAll(folder, 'FOLDER').replaceAll(process.cwd(), 'HERE'));
  const ageless = withoutAges(placeless(out));
  // Sorted without ages, whose widths vary.
  return shown({ out: anyOrder.test(line) ? inOrder(ageless) : ageless, err: placeless(err), code });
}

/** Runs a line, whose words have `_` for a space and `§` for `_`, except in the directory's path. */
export function typedLine(line: string, kubectl: Kubectl, folder: string): Promise<Printed> {
  const [command = '', input] = line.split(' < ');
  const plain = (word: string): string =>
    word.replaceAll(folder, 'FOLDER').replaceAll('_', ' ').replaceAll('§', '_').replaceAll('FOLDER', folder);
  // A variable's name is taken literally.
  const words = command
    .split(' ')
    .map((word) => word.replace(/^([A-Z_]+=)?(.*)$/s, (_all, name: string = '', text: string) => name + plain(text)));
  const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const environment = Object.fromEntries(words.slice(0, start).map((word) => word.split(/=(.*)/s, 2)));
  return kubectl.typed(words.slice(start), {
    environment,
    ...(input === undefined ? {} : { input: readFileSync(input, 'utf8') }),
  });
}

/** Help texts are our own, so only the usage line is compared here (`kubectl-help.test.ts` compares the rest). */
const withoutProse = (text: string): string =>
  text
    .replace(/^[\s\S]*^Usage:\n( +kubectl .*\n)[\s\S]*^Use "kubectl options" .*\n/m, 'HELP$1')
    .replace(/^The following options can be passed to any command:[\s\S]*/m, (options) =>
      (options.match(/^ +(-., )?--[a-z-]+/gm) ?? []).join(''),
    )
    .replace(/^[\s\S]*^Available Commands:\n[\s\S]*^(Use "kubectl \w+ <command> --help" .*\n)/m, 'HELP $1')
    // Each prints its own version.
    .replace(/^(Client Version: ).*$/m, '$1VERSION');

/** Ages change from run to run, and so do their widths. */
const withoutAges = (text: string): string =>
  text
    .split('\n')
    .map((line) =>
      // A value after a field's name is not an age.
      /\b(AGE|LAST SEEN)\b|(^| )(\d+[smhd])+( |$)/.test(line) && !/^ *"?[a-zA-Z]+"?: \S+$/.test(line)
        ? line.replace(/(?<=^|[ (])(\d+[smhd])+(?=$|[ )])/g, 'AGE').replace(/ +/g, ' ')
        : line,
    )
    .join('\n');
