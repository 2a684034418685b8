/**
 * Runs all benchmarks, or those named: `npm run bench [startup idle …]`. One after the other, because each needs the
 * machine for itself.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

const files = globSync('*.bench.ts', { cwd: import.meta.dirname }).sort();
const nameOf = (file: string): string => basename(file, '.bench.ts');
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !files.some((file) => nameOf(file) === name));
if (unknown.length > 0) {
  console.error(`Unknown benchmark "${unknown[0]}"; there are: ${files.map(nameOf).join(', ')}`);
  process.exit(1);
}
let failed = 0;
for (const file of files.filter((each) => wanted.length === 0 || wanted.includes(nameOf(each)))) {
  console.log(`\n== ${nameOf(file)}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, file)], { stdio: 'inherit' });
  if (status !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
