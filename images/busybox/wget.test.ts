import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { wgetScript, withoutWget } from './wget.ts';

const program = '/bin/busybox';
const skip = existsSync(program) ? false : 'needs busybox';
const folder = mkdtempSync(join(tmpdir(), 'busybox-'));
const server = createServer((request, response) => {
  if (request.url === '/') response.end('hello\n');
  else if (request.url === '/absent') response.writeHead(404).end();
});

before(async () => {
  if (skip !== false) return;
  writeFileSync(join(folder, 'busybox'), withoutWget(readFileSync(program)), { mode: 0o755 });
  writeFileSync(join(folder, 'wget'), wgetScript(program), { mode: 0o755 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

/** Runs a command line in the image's shell: exit code, output and errors. */
const sh = (line: string): Promise<[number, string, string]> =>
  new Promise((resolve) => {
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = execFile(
      join(folder, 'busybox'),
      ['sh', '-c', line.replaceAll('SERVER', address)],
      { env: { PATH: folder }, encoding: 'utf8' },
      (_, stdout, stderr) => resolve([child.exitCode ?? -1, stdout, stderr.replaceAll(address, 'SERVER')]),
    );
  });

test('wget stops at the timeout, with either spelling of the option', { skip }, async () => {
  const late = [1, '', 'wget: download timed out\n'];
  const lines = ['-T 1', '-T1', '--timeout=1', '--timeout 1', '-qT1', '-qST 1'];
  const answers = await Promise.all(lines.map((flags) => sh(`wget ${flags} -q -O - http://SERVER/never`)));
  for (const [index, answer] of answers.entries()) assert.deepEqual(answer, late, `with ${lines[index]}`);
});

test('wget without a timeout behaves as before', { skip }, async () => {
  for (const flags of ['', '-T 5', '--timeout=5', '-T 0']) {
    assert.deepEqual(await sh(`wget -q ${flags} -O - http://SERVER`), [0, 'hello\n', ''], flags);
    assert.deepEqual(
      await sh(`wget -q ${flags} -O - http://SERVER/absent`),
      [1, '', 'wget: server returned error: HTTP/1.1 404 Not Found\n'],
      flags,
    );
  }
  assert.deepEqual(await sh('wget -T x http://SERVER'), [1, '', "wget: invalid number 'x'\n"]);
});
