/**
 * Runs random command lines with upstream's kubectl and ours, each against its own control plane, and reports differences of the output.
 *
 *     node tools/compare/kubectl-main.ts [--seed=TEXT] [--lines=N] [--script=FILE] [--only=PATTERN] [--whole]
 *
 * `--script` runs the lines of a file instead: `_` in a word stands for a space, FOLDER for the directory of manifests, `#` starts a comment;
 * `--whole` shows the complete output of both.
 * Lines build on those before them: a seed repeats all of them. The exit code is 1 if there are differences.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControlPlane } from 'typernetes';
import { bothKubectls, type Printed } from '../../test/integration/kubectl-beside-upstream.ts';
import { comparable, linesOf, typedLine } from '../../test/integration/kubectl-recorded.ts';
import { Chance } from './chance.ts';
import { commandLine } from './kubectl-lines.ts';
import { first, manifests } from './kubectl-manifests.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'compare' },
    lines: { type: 'string', default: '500' },
    script: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    whole: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'kubectl-compare-'));
for (const [name, text] of Object.entries(manifests)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Lines that only one of two texts has, or that the order differs. */
function onlyInOne(ours: number | string, upstream: number | string): string[] {
  const [mine, theirs] = [`${ours}`.split('\n'), `${upstream}`.split('\n')];
  const lacking = (from: readonly string[], to: readonly string[], mark: string): string[] =>
    from.filter((line) => !to.includes(line)).map((line) => `${mark} ${line}`);
  const told = [...lacking(mine, theirs, '- ours:    '), ...lacking(theirs, mine, '+ upstream:')];
  return told.length > 0 ? told : ['in another order'];
}

/** Removes what depends on chance or on the second. */
const steady = ({ out, err: errors, code }: Printed, line: string): Printed => {
  const err = errors.replace(/\/tmp\/typernetes-\w+/g, 'FOLDER');
  const text = out
    .replace(/\bey[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN')
    .replace(/(-data": )"[^"]+"/g, '$1DATA')
    .replace(/\(x\d+ over/g, '(xN over')
    .replace(/\.18[0-9a-f]{14}$/gm, '.STAMP')
    .replace(/(Resource Version: +)\d+/g, '$1VERSION');
  // Upstream prints a map in random order.
  const isAnyOrder = /^events|^(label|annotate) .*--list/.test(line);
  return { out: isAnyOrder ? text.split('\n').sort().join('\n') : text, err, code };
};

const chance = new Chance(values.seed);
const only = new RegExp(values.only);
let told = 0;
{
  await using ours = await startControlPlane({ nodes: 1 });
  await using theirs = await startControlPlane({ nodes: 1 });
  const environment = { KUBE_EDITOR: 'true', SHELL: '/bin/sh', PATH: '/usr/bin:/bin' };
  using left = bothKubectls({ ...environment, KUBECONFIG: ours.kubeconfigFile });
  using right = bothKubectls({ ...environment, KUBECONFIG: theirs.kubeconfigFile });
  const random = (): string[] => Array.from({ length: Number(values.lines) }, () => commandLine(chance));
  const lines = [...first, ...(values.script === '' ? random() : linesOf(readFileSync(values.script, 'utf8')))];
  for (const line of lines) {
    const here = line.replaceAll('FOLDER', folder);
    const [mine, upstream] = await Promise.all([
      typedLine(here, left.ours, folder),
      typedLine(here, right.upstream, folder),
    ]);
    const [a, b] = [mine, upstream].map((one) => steady(comparable(one, { line, folder }), line)) as [Printed, Printed];
    const differing = (['code', 'out', 'err'] as const).filter((member) => a[member] !== b[member]);
    if (differing.length === 0 || !only.test(line)) continue;
    told++;
    console.log(`#### kubectl ${line}`);
    for (const member of differing) {
      if (values.whole) {
        console.log(`${member} of ours:\n${a[member]}\n${member} of upstream:\n${b[member]}`);
        continue;
      }
      const parts = onlyInOne(a[member], b[member]);
      for (const text of parts.slice(0, 20)) console.log(`${member} ${text.slice(0, 300)}`);
      if (parts.length > 20) console.log(`${member} ... and ${parts.length - 20} lines more`);
    }
  }
  console.log(`${told} of ${lines.length} lines differ`);
}
rmSync(folder, { recursive: true });
process.exit(told === 0 ? 0 : 1);
