/**
 * Renders random JSONPath and Go templates with upstream's kubectl and ours, and reports differences.
 *
 *     node tools/compare/kubectl-templates-main.ts [--seed=TEXT] [--lines=N] [--only=PATTERN]
 *
 * No server is needed. The exit code is 1 if there are differences.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bothKubectls, type Printed } from '../../test/integration/kubectl-beside-upstream.ts';
import { Chance } from './chance.ts';
import { filledIn, goTemplate, pathTemplate } from './kubectl-templates.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'compare' },
    lines: { type: 'string', default: '500' },
    only: { type: 'string', default: '' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'kubectl-templates-'));
const file = join(folder, 'widget.json');
writeFileSync(file, JSON.stringify(filledIn));

/** Shortens long output, whose beginning is the same object each time. */
const shortened = ({ out, err, code }: Printed): Printed => {
  const cut = (text: string): string =>
    text.replace(/\tobject given to [\s\S]*|raw data was[\s\S]*/, 'OBJECT').slice(0, 700);
  return { out: cut(out), err: cut(err), code };
};

const chance = new Chance(values.seed);
const only = new RegExp(values.only);
let told = 0;
{
  using both = bothKubectls({ KUBECONFIG: '/dev/null', PATH: '/usr/bin:/bin' });
  for (let i = 0; i < Number(values.lines); i++) {
    const format = chance.pick([
      `jsonpath=${pathTemplate(chance)}`,
      `jsonpath-as-json=${pathTemplate(chance)}`,
      `go-template=${goTemplate(chance)}`,
    ]);
    const strict = chance.of(0.2) ? ['--allow-missing-template-keys=false'] : [];
    const line = ['label', '--local', '-f', file, 'q=r', '-o', format, ...strict];
    if (!only.test(format)) continue;
    const [ours, upstream] = (await Promise.all([both.ours(...line), both.upstream(...line)])).map(shortened) as [
      Printed,
      Printed,
    ];
    const differing = (['code', 'out', 'err'] as const).filter((member) => ours[member] !== upstream[member]);
    if (differing.length === 0) continue;
    told++;
    console.log(`#### ${JSON.stringify(format)} ${strict}`);
    for (const member of differing)
      console.log(
        `${member} - ours:     ${JSON.stringify(ours[member])}\n${member} + upstream: ${JSON.stringify(upstream[member])}`,
      );
  }
}
console.log(`${told} of ${values.lines} templates differ`);
rmSync(folder, { recursive: true });
process.exit(told === 0 ? 0 : 1);
