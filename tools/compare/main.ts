/**
 * Sends the same requests to upstream's kube-apiserver and ours, and reports differences of their answers.
 *
 *     node tools/compare/main.ts [--seed=TEXT] [--cases=N] [--from=N] [--peer=FOLDER] [--show] [WORK…]
 */
import { parseArgs } from 'node:util';
import { auditSetting } from './audit-setting.ts';
import { Comparison } from './comparison.ts';
import { SharedFacts } from './facts.ts';
import { startPair } from './pair.ts';
import { Report } from './report.ts';
import { works } from './works.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: 'compare' },
    cases: { type: 'string', default: '200' },
    /** The first case: with --cases=1, to look at one again. */
    from: { type: 'string', default: '0' },
    peer: { type: 'string', default: '.cache/conformance/programs' },
    /** Print all requests, and both answers. */
    show: { type: 'boolean', default: false },
  },
});
const chosen = positionals.length === 0 ? Object.keys(works) : positionals;
for (const name of chosen) if (!(name in works)) throw new Error(`No work "${name}": ${Object.keys(works).join(', ')}`);

const report = new Report({ show: values.show ? console.log : undefined });
// Audit logs cost time: only where they are compared.
const audit = chosen.includes('audit') ? auditSetting() : undefined;
const pair = await startPair(values.peer, audit?.flags ?? { ours: [], theirs: [] });
try {
  const read = async (path: string) => JSON.parse((await pair.ask({ method: 'GET', path })).theirs.text);
  const served = new Set<string>();
  for (const group of (await read('/apis')).groups)
    for (const { groupVersion } of group.versions)
      for (const { name } of (await read(`/apis/${groupVersion}`)).resources) served.add(`${groupVersion}/${name}`);
  for (const { name } of (await read('/api/v1')).resources) served.add(`v1/${name}`);
  const facts = new SharedFacts(await read('/openapi/v2'), (path) => served.has(path));
  const comparison = new Comparison(pair, facts, report, audit);
  for (const name of chosen) {
    const started = performance.now();
    const before = report.questions;
    const last = Number(values.from) + Number(values.cases);
    for (let i = Number(values.from); i < last; i++) {
      comparison.at = `${name}:${i}`;
      await works[name]?.(comparison, { seed: `${values.seed}/${name}/${i}`, index: i });
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.error(`${name}: ${report.questions - before} requests in ${seconds} s`);
  }
} finally {
  await pair.close();
  audit?.remove();
}
for (const line of report.lines()) console.log(line);
process.exitCode = report.unexpected === 0 ? 0 : 1;
