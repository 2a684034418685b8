/**
 * Checks the structure rules of layers.json over every source file: which package may import which, that browser-safe
 * packages do not use node: modules, that files are short and well named, that test fakes stay out of production code,
 * that imports have no cycles, that doc comments stand before declarations, and that patterns with a better home (time,
 * randomness, process, console) stay in it. Prints every violation; exits with 1 if there are any.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, matchesGlob } from 'node:path';
import { importCircles } from './import-circles.ts';

interface BannedPattern {
  readonly match: string;
  readonly in: string;
  readonly except: readonly string[];
  readonly why: string;
}
interface LayerRules {
  readonly allow: Readonly<Record<string, readonly string[]>>;
  readonly browserSafe: readonly string[];
  readonly maxLines: number;
  readonly bannedNames: readonly string[];
  readonly bannedPatterns: readonly BannedPattern[];
}

const rules = JSON.parse(readFileSync('layers.json', 'utf8')) as LayerRules;
const files = globSync(['{packages,apps}/*/src/**/*.{ts,tsx}', '{tools,images,test,bench,examples}/**/*.ts'], {
  exclude: (path) => path.includes('node_modules'),
});
const isTest = (file: string): boolean =>
  /\.(test|itest|e2e|bench)\.ts$/.test(file) || /\/testing\/|^(test|bench)\//.test(file);
const importPattern =
  /^(?:import|export)\b[^'";]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
const problems: string[] = [];
const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));

for (const [file, text] of texts) {
  const [tier, owner = ''] = file.split('/');
  const generated = file.endsWith('.gen.ts');
  const stem = basename(file).split('.')[0] ?? '';
  if (!generated && text.split('\n').length - 1 > rules.maxLines) {
    problems.push(`${file}: longer than ${rules.maxLines} lines: split it by noun`);
  }
  for (const part of [...file.split('/').slice(0, -1), stem]) {
    if (rules.bannedNames.includes(part)) problems.push(`${file}: the name "${part}" says nothing: name the noun`);
  }
  for (const { index } of text.matchAll(/\*\/\s*\/\*\*/g)) {
    const [header = ''] = /^\/\*\*[\s\S]*?\*\//.exec(text) ?? [];
    if (index + 2 === header.length) continue;
    problems.push(
      `${file}:${text.slice(0, index).split('\n').length}: two doc comments in a row: the first is of nothing`,
    );
  }
  for (const [, from, bare, dynamic] of text.matchAll(importPattern)) {
    checkImport(file, from ?? bare ?? dynamic ?? '', { tier: tier ?? '', owner });
  }
  if (generated || isTest(file)) continue;
  for (const rule of rules.bannedPatterns) {
    if (!matchesGlob(file, `${rule.in}/**`) || rule.except.includes(file)) continue;
    const at = text
      .split('\n')
      .findIndex((line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && new RegExp(rule.match).test(line));
    if (at >= 0) problems.push(`${file}:${at + 1}: matches ${rule.match}: ${rule.why}`);
  }
}

function checkImport(file: string, specifier: string, from: { tier: string; owner: string }): void {
  const ours = /^@typernetes\/([^/]+)(\/.*)?$/.exec(specifier);
  if (from.tier === 'packages') {
    if (ours) {
      const target = ours[1] ?? '';
      if (target === from.owner) problems.push(`${file}: imports its own package by name: import the file`);
      else if (!rules.allow[from.owner]?.includes(target))
        problems.push(`${file}: ${from.owner} may not import ${target}`);
    }
    if (specifier.startsWith('node:') && rules.browserSafe.includes(from.owner) && !isTest(file)) {
      problems.push(`${file}: ${from.owner} is browser-safe and may not import ${specifier}`);
    }
  }
  const resolved = specifier.startsWith('.') ? join(dirname(file), specifier) : '';
  const intoApp = /^apps\/([^/]+)/.exec(resolved)?.[1];
  if (ours?.[1]?.startsWith('app-') || (intoApp && !(from.tier === 'apps' && from.owner === intoApp))) {
    problems.push(`${file}: nothing imports an app`);
  }
  if (/\/testing(\/|$)/.test(specifier) && !isTest(file)) problems.push(`${file}: imports ${specifier} outside a test`);
  if (specifier.endsWith('/index.ts') && from.tier === 'packages' && !isTest(file)) {
    problems.push(`${file}: within a package import files, never the index`);
  }
}

for (const owner of new Set(files.filter((f) => f.startsWith('packages/')).map((f) => f.split('/')[1] ?? ''))) {
  if (!(owner in rules.allow)) problems.push(`packages/${owner}: has no line in layers.json`);
}
for (const circle of importCircles(texts)) {
  problems.push(`${circle.join(' > ')}: a circle of imports: move what they share into a file below them`);
}
for (const problem of problems) console.error(problem);
console.error(`${files.length} files checked, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
