import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { answerOf, linesOf, makeHandler, makeQuery, texts } from '../testing/queries.ts';
import { type FileSettings, filePlugin, parseFile } from './file.ts';

const folder = mkdtempSync(join(tmpdir(), 'zone-file-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'db.lab.example');
const write = (serial: number, address: string): void =>
  writeFileSync(file, `@ 60 SOA ns1 root ${serial} 1 1 1 1\nwww A ${address}\nweb CNAME www\n`);
const settingsOf = (text: string): FileSettings => parseFile(linesOf(text), ['.'])[0] as FileSettings;

test('a zone is answered for from its file, and from what the file becomes with another serial', async () => {
  write(1, '192.0.2.1');
  const clock = new FakeClock();
  const errors: string[] = [];
  const next = makeHandler();
  const self = makeHandler({ answers: [{ type: 'A', name: 'www.lab.example', ttl: 60, data: '192.0.2.1' }] });
  const settings = settingsOf(`file ${file} lab.example {\n reload 30s\n}`);
  const plugin = filePlugin(settings, { clock, onError: (text) => errors.push(text), self })(next);
  const www = async () => texts(await answerOf(plugin, makeQuery('WWW.lab.example')));
  assert.deepEqual(await www(), ['A WWW.lab.example "192.0.2.1"']);
  assert.deepEqual(texts(await answerOf(plugin, makeQuery('web.lab.example'))), [
    'CNAME web.lab.example "www.lab.example"',
    'A www.lab.example "192.0.2.1"',
  ]);
  await plugin(makeQuery('www.example'));
  assert.deepEqual(
    next.asked.map(({ name }) => name),
    ['www.example'],
  );

  write(1, '192.0.2.22');
  await clock.advance(30_000);
  assert.deepEqual(await www(), ['A WWW.lab.example "192.0.2.1"']);
  write(2, '192.0.2.222');
  await clock.advance(30_000);
  assert.deepEqual(await www(), ['A WWW.lab.example "192.0.2.222"']);
  writeFileSync(file, 'www A 192.0.2.3.4\n');
  await clock.advance(30_000);
  assert.deepEqual(await www(), ['A WWW.lab.example "192.0.2.222"']);
  assert.deepEqual(errors, [`${file}: dns: bad A: "192.0.2.3.4" at line: 1`]);
});

test('what is not in the file may be asked of the next', async () => {
  write(1, '192.0.2.1');
  const next = makeHandler();
  const deps = { clock: new FakeClock(), onError: () => {}, self: next };
  const plugin = filePlugin(settingsOf(`file ${file} lab.example {\n fallthrough\n}`), deps)(next);
  await plugin(makeQuery('no.lab.example'));
  assert.equal(next.asked.length, 1);
});

test('a file that is not there is waited for; one that is wrong is refused', async () => {
  const missing = join(folder, 'missing');
  const deps = { clock: new FakeClock(), onError: () => {}, self: makeHandler() };
  const plugin = filePlugin(settingsOf(`file ${missing} lab.example`), deps)(makeHandler());
  assert.equal((await answerOf(plugin, makeQuery('www.lab.example'))).code, 2);
  assert.throws(() => settingsOf(`file ${missing} {\n reload 0s\n}`), /open .*missing: no such file or directory/);
  writeFileSync(file, 'www 60 A 192.0.2.1\n');
  assert.throws(() => settingsOf(`file ${file} lab.example`), /file ".*" has no SOA record for origin lab\.example\./);
  assert.throws(() => settingsOf('file'), /Wrong argument count/);
  assert.throws(() => settingsOf(`file ${missing} {\n transfer to *\n}`), /unknown property 'transfer'/);
});
