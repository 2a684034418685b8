import assert from 'node:assert/strict';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makePackage } from '../../tools/pack.ts';
import { startCommand, stdoutOf } from '../command.ts';
import { realKubectl } from '../upstream-tools.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'typernetes-package-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const run = async (...command: string[]): Promise<string> =>
  stdoutOf(command.join(' '), await startCommand(command, { cwd: folder }).outcome);

const mainModule = `
import { deployments, type Deployment } from 'typernetes/api/apps/v1';
import { type ControlPlane, startControlPlane } from 'typernetes';

const plane: ControlPlane = await startControlPlane({ nodes: 1 });
const created: Deployment = await plane.client.resource(deployments).create({
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
});
console.log(created.spec.replicas, plane.url.startsWith('https://127.0.0.1:'));
await plane.stop();
`;

test('the package installs into an empty directory, runs, and its types check', async () => {
  const made = await makePackage();
  await run('npm', 'pack', '--silent', '--pack-destination', folder, made);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const { version } = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8')) as { version: string };
  await run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', `./typernetes-${version}.tgz`);
  writeFileSync(join(folder, 'main.ts'), mainModule);
  assert.equal(await run(process.execPath, 'main.ts'), '1 true\n');

  // The oldest Node that the package is for knows no more of it.
  const known = new Set(['DatabaseSync', 'StatementSync', 'constants']);
  const used = globSync('node_modules/typernetes/dist/**/*.js', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/import_node_sqlite\d*\.(\w+)/g)].map(([, name]) => name),
  );
  assert.ok(used.includes('DatabaseSync'));
  assert.deepEqual(
    used.filter((name) => !known.has(name ?? '')),
    [],
  );

  // As a Node that is too old: it has no SQLite.
  const old = ['--no-experimental-sqlite'];
  const needed = `typernetes needs Node ^22.13 || >=23.4, this is ${process.version}`;
  const program = await startCommand([process.execPath, ...old, 'node_modules/.bin/typernetes', '--help'], {
    cwd: folder,
  }).outcome;
  assert.deepEqual([program.exitCode, program.stdout, program.stderr], [1, '', `${needed}\n`]);
  const imported = await startCommand([process.execPath, ...old, 'main.ts'], { cwd: folder }).outcome;
  assert.ok(imported.stderr.includes(`Error: ${needed}\n`), imported.stderr);
  assert.match(await run(process.execPath, 'node_modules/.bin/typernetes', '--help'), /\n {2}typernetes store restore/);

  const listed = await run('npm', 'ls', '--all', '--parseable');
  assert.doesNotMatch(listed, /typescript|esbuild|biome/);
  // Only the user's own choice of Node types is provided.
  cpSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'), { recursive: true });
  cpSync(join(root, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'), { recursive: true });
  // No browser library, and libraries are checked too: the compiler's defaults would hide missing types.
  const options = ['--noEmit', '--strict', '--target', 'esnext', '--lib', 'es2022', '--types', 'node', 'main.ts'];
  const tsc = join(root, 'node_modules/.bin/tsc');
  await run(tsc, ...options, '--module', 'nodenext');
  await run(tsc, ...options, '--module', 'node16');
  await run(tsc, ...options, '--module', 'esnext', '--moduleResolution', 'bundler');
});

test('its program runs a control plane for any API client until it is told to stop', async () => {
  const kubeconfig = join(folder, 'config');
  const installed = join(folder, 'node_modules/.bin/typernetes');
  const args = ['control-plane', '--nodes=1', `--kubeconfig=${kubeconfig}`, '--', '-v=2'];
  const plane = startCommand([installed, ...args], { cwd: folder });
  try {
    assert.match(
      await plane.until(/KUBECONFIG/),
      /^# ready after \d+\.\d\d s: https:[^\n]*\nexport KUBECONFIG=.*\/config\n$/,
    );
    const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig };
    const kubectl = async (...args: string[]): Promise<string> =>
      stdoutOf(args.join(' '), await startCommand([realKubectl(), ...args], { env }).outcome);
    await kubectl('create', 'deployment', 'web', '--image=web:1');
    assert.match(await kubectl('rollout', 'status', 'deployment/web'), /successfully rolled out/);
  } finally {
    plane.child.kill('SIGTERM');
  }
  assert.equal((await plane.outcome).exitCode, 0);
  const wrong = await startCommand([installed, 'cluster', 'create']).outcome;
  assert.deepEqual([wrong.exitCode, wrong.stderr.split('\n')[0]], [2, 'typernetes: unknown command "cluster"']);
});
