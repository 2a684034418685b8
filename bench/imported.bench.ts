/**
 * Measures a control plane in the process that imports it, from the package as `npm pack` makes it: the time of the import, of the first
 * control plane and of further ones, the memory of the idle process, and the memory of forty control planes side by side.
 *
 *     node bench/imported.bench.ts [runs]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePackage } from '../tools/pack.ts';

const [runs = '5'] = process.argv.slice(2);

/** The steps of a test file, with a clock; memory in MiB, times in milliseconds. */
const program = `
import { readFileSync } from 'node:fs';
const mib = () => Math.round(Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);
const ms = (from) => Math.round(performance.now() - from);
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
let from = performance.now();
const { startControlPlane } = await import('typernetes');
const imported = ms(from);
from = performance.now();
const first = await startControlPlane();
const ready = ms(from);
await pause(20_000);
const used = process.cpuUsage();
await pause(5_000);
const { user, system } = process.cpuUsage(used);
const figures = { imported, ready, idleMiB: mib(), idleCpuPercent: Number(((user + system) / 50_000).toFixed(2)) };
const next = [];
const planes = [];
for (let i = 1; i < 40; i++) {
  from = performance.now();
  planes.push(await startControlPlane());
  next.push(ms(from));
}
await pause(15_000);
next.sort((a, b) => a - b);
console.log(JSON.stringify({ ...figures, next: next[next.length >> 1], fortyMiB: mib() }));
await Promise.all([first, ...planes].map((plane) => plane.stop()));
`;

const folder = mkdtempSync(join(tmpdir(), 'typernetes-imported-'));
try {
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const made = await makePackage();
  run('npm', 'pack', '--silent', '--pack-destination', folder, made);
  const { version } = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8')) as { version: string };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  run('npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', `./typernetes-${version}.tgz`);
  writeFileSync(join(folder, 'main.ts'), program);
  for (let i = 0; i < Number(runs); i++) process.stdout.write(run(process.execPath, 'main.ts'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
