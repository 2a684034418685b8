import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makePackage } from '../../tools/pack.ts';
import { startCommand, stdoutOf } from '../command.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'typernetes-package-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const run = async (...command: string[]): Promise<string> =>
  stdoutOf(command.join(' '), await startCommand(command, { cwd: folder }).outcome);

const program = `
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

test('the package installs into an empty folder, runs, and its types hold', async () => {
  const made = await makePackage();
  await run('npm', 'pack', '--silent', '--pack-destination', folder, made);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const { version } = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8')) as { version: string };
  await run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', `./typernetes-${version}.tgz`);
  writeFileSync(join(folder, 'main.ts'), program);
  assert.equal(await run(process.execPath, 'main.ts'), '1 true\n');

  const listed = await run('npm', 'ls', '--all', '--parseable');
  assert.doesNotMatch(listed, /typescript|esbuild|biome/);
  // The user's own choice of types for Node is the only thing that is lent.
  cpSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'), { recursive: true });
  cpSync(join(root, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'), { recursive: true });
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node', 'main.ts'];
  await run(join(root, 'node_modules/.bin/tsc'), ...options);
});
