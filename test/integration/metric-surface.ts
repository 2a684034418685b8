import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { MetricDescription } from '@typernetes/process';

/** A metric as published by upstream, or as one of our programs has it. */
export interface PublishedMetric {
  readonly name: string;
  readonly stability: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly deprecated: string;
}

const stabilities: Readonly<Record<string, string>> = { S: 'STABLE', B: 'BETA', A: 'ALPHA' };
const types: Readonly<Record<string, string>> = { c: 'counter', g: 'gauge', h: 'histogram', s: 'summary', t: 'timing' };

/** Upstream's list, by section: a component, or one of its metrics pages. */
export function publishedMetrics(): ReadonlyMap<string, readonly PublishedMetric[]> {
  const text = readFileSync(new URL('testdata/metrics-v1.36.txt', import.meta.url), 'utf8');
  const sections = new Map<string, PublishedMetric[]>();
  let section: PublishedMetric[] = [];
  for (const line of text.split('\n')) {
    const [, title] = /^\[(.*)\]$/.exec(line) ?? [];
    if (title !== undefined) {
      section = [];
      sections.set(title, section);
    }
    const [stability = '', type = '', name = '', ...rest] = line.split(' ');
    if (!Object.hasOwn(stabilities, stability)) continue;
    section.push({
      name,
      stability: stabilities[stability] ?? '',
      type: types[type] ?? '',
      labels: rest.filter((label) => !label.startsWith('!')).sort(),
      deprecated: rest.find((label) => label.startsWith('!'))?.slice(1) ?? '',
    });
  }
  return sections;
}

/** The metric names in a chapter of docs/metrics.md; `prefix_*` stands for all with this prefix. */
export function namedInDocs(chapter: 'Left out' | 'Of our own'): (name: string) => boolean {
  const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const [, part = ''] = text.split(new RegExp(`^## ${chapter}$`, 'm'));
  const [own = ''] = part.split(/^## /m);
  const names = [...own.matchAll(/`([a-z][a-z0-9_]*\*?)`/g)].map(([, name = '']) => name);
  assert.ok(names.length > 0, `docs/metrics.md has no chapter "${chapter}"`);
  return (name) => names.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name));
}

/** Asserts that our metrics, and those that the docs leave out, are exactly upstream's. */
export function assertSurface(section: string, there: readonly MetricDescription[]): void {
  const published = publishedMetrics().get(section) ?? assert.fail(`no section "${section}"`);
  const [isLeftOut, isOwn] = [namedInDocs('Left out'), namedInDocs('Of our own')];
  const known = new Map(there.map((one) => [one.name, one]));
  const problems: string[] = [];
  for (const wanted of published) {
    const found = known.get(wanted.name);
    known.delete(wanted.name);
    if (!found) {
      if (!isLeftOut(wanted.name)) problems.push(`${wanted.name} (${wanted.stability}) is missing`);
      continue;
    }
    if (isLeftOut(wanted.name)) problems.push(`${wanted.name} is there, and docs/metrics.md says it is not`);
    const expected = { ...wanted, type: wanted.type || found.type };
    const { name, stability, type, deprecated } = found;
    const shown = { name, stability, type, labels: [...found.labels].sort(), deprecated };
    if (JSON.stringify(shown) !== JSON.stringify(expected))
      problems.push(`${name}: ${JSON.stringify(shown)} instead of ${JSON.stringify(expected)}`);
  }
  for (const name of known.keys()) if (!isOwn(name)) problems.push(`${name} is nowhere upstream`);
  assert.deepEqual(problems, []);
}

/** The metrics described on a page; labels come from their samples. */
export function describedIn(page: string): MetricDescription[] {
  return [...page.matchAll(/^# HELP (\S+) (?:\[([A-Z]+)\] )?(.*)\n# TYPE \S+ (\w+)\n\S+?(?:\{(.*?)\})? /gm)].map(
    ([, name = '', stability = '', help = '', type = '', labels = '']) => ({
      name,
      stability: stability as MetricDescription['stability'],
      help,
      type: type as MetricDescription['type'],
      deprecated: '',
      labels: [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label).filter((label) => label !== 'le'),
    }),
  );
}
