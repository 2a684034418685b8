import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startControlPlane } from 'typernetes';
import { bothKubectls, type Printed } from './kubectl-beside-upstream.ts';
import { shown } from './kubectl-two-planes.ts';

export interface RecordedComparison {
  /** Lines as they are typed; `_` in a word stands for a space, `§` for what is a `_`. */
  readonly script: string;
  /** The file in `testdata/kubectl-recorded` that has what upstream said. */
  readonly name: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A temporary folder that lines name, whose path differs from run to run. */
  readonly folder?: string;
}

/**
 * Types each line of the script into our kubectl, before a control plane with one node, and compares what it says and its exit code with what
 * upstream's kubectl was recorded to say before a control plane of its own. `RECORD_UPSTREAM=1` records that anew, with the real one.
 */
export async function compareWithRecorded(of: RecordedComparison): Promise<void> {
  const { script, name, environment = {}, folder = 'FOLDER' } = of;
  const lines = script
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  const typed = (line: string): string[] =>
    line
      .split(' ')
      .map((word) =>
        word.replaceAll(folder, 'FOLDER').replaceAll('_', ' ').replaceAll('§', '_').replaceAll('FOLDER', folder),
      );
  const file = join(import.meta.dirname, 'testdata/kubectl-recorded', `${name}.json`);
  const inFolder = ({ out, err, code }: Printed): Printed => ({
    out: out.replaceAll(folder, 'FOLDER'),
    err: err.replaceAll(folder, 'FOLDER'),
    code,
  });
  if (process.env.RECORD_UPSTREAM) {
    await using plane = await startControlPlane({ nodes: 1 });
    using kubectls = bothKubectls({ ...environment, KUBECONFIG: plane.kubeconfigFile });
    const records = [];
    for (const line of lines)
      records.push({
        line: line.replaceAll(folder, 'FOLDER'),
        ...shown(inFolder(await kubectls.upstream(...typed(line)))),
      });
    mkdirSync(join(import.meta.dirname, 'testdata/kubectl-recorded'), { recursive: true });
    writeFileSync(file, `[\n${records.map((record) => `  ${JSON.stringify(record)}`).join(',\n')}\n]\n`);
  }
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as (Printed & { line: string })[];
  assert.deepEqual(
    lines.map((line) => line.replaceAll(folder, 'FOLDER')),
    recorded.map(({ line }) => line),
    'the script has changed since: record anew with RECORD_UPSTREAM=1',
  );
  await using plane = await startControlPlane({ nodes: 1 });
  using kubectls = bothKubectls({ ...environment, KUBECONFIG: plane.kubeconfigFile });
  for (const [i, line] of lines.entries()) {
    const { line: said, ...upstream } = recorded[i] as Printed & { line: string };
    assert.deepEqual(shown(inFolder(await kubectls.ours(...typed(line)))), upstream, `kubectl ${said}`);
  }
}
