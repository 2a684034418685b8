import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageOf } from '@typernetes/base';
import { journalArguments, logQueryProblem, parseLogQuery } from './log-query.ts';
import { type RunProgram, sendQueriedLog } from './queried-log.ts';
import { Refusal, send } from './refusal.ts';

const parsed = (text: string) => parseLogQuery(new URLSearchParams(text));

test('a query is read and judged', () => {
  assert.equal(parsed(''), undefined);
  assert.equal(parsed('pretty=true'), undefined);
  assert.deepEqual(parsed('query=kubelet&query=/a.log&tailLines=5&sinceTime=2026-01-02T03:04:05Z&pattern=x'), {
    services: ['kubelet'],
    files: ['/a.log'],
    options: { since: Date.UTC(2026, 0, 2, 3, 4, 5), tailLines: 5, pattern: 'x' },
  });
  for (const [text, problems] of [
    ['query=%20', 'query: Invalid value: [" "]: query cannot be empty'],
    ['query=a&boot=x', 'boot: Invalid value: "x": strconv.Atoi: parsing "x": invalid syntax'],
    ['query=a&untilTime=now', 'untilTime: Invalid value: "now": invalid time format'],
  ] as const)
    assert.deepEqual(parsed(text), { problems }, text);
  for (const [text, problem] of [
    ['tailLines=1', 'query: Required value: cannot be empty with options'],
    ['query=a&query=/b', 'query: Invalid value: "[/b], [a]": cannot specify a file and service'],
    ['query=/a&query=/b', 'query: Invalid value: ["/a","/b"]: cannot specify more than one file'],
    ['query=/a&boot=0', 'query: Invalid value: ["/a"]: cannot specify file with options'],
    ['query=a;b', 'query: Invalid value: "a;b": input contains unsupported characters'],
    ['query=a&boot=1', 'boot: Invalid value: 1: must be less than 1'],
    ['query=a&tailLines=100001', 'tailLines: Invalid value: 100001: must be between 0 and 100000, inclusive'],
    ['query=a&query=b&query=c&query=d&query=e', 'query: Too many: 5: must have at most 4 items'],
    ['query=a', undefined],
  ] as const) {
    const query = parsed(text);
    assert.ok(query && 'services' in query);
    assert.equal(logQueryProblem(query), problem, text);
  }
  assert.deepEqual(journalArguments(['kubelet'], { since: 0, tailLines: 2, boot: -1, pattern: 'E.*' }), [
    '--utc',
    '--no-pager',
    '--output=short-precise',
    '--since=1970-01-01 00:00:00.000',
    '--pager-end',
    '--lines=2',
    '--unit=kubelet',
    '--grep=E.*',
    '--boot',
    '-1',
  ]);
});

test('looks for services in the journal, then in files of their names', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'logs-'));
  t.after(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'plain.log'), 'of plain\n');
  await mkdir(join(root, 'deep'));
  await writeFile(join(root, 'deep/deep.log'), 'of deep\n');
  await symlink('/etc/passwd', join(root, 'secret'));
  const asked: string[][] = [];
  const run: RunProgram = async (_program, args, onOutput) => {
    asked.push([...args]);
    onOutput(Buffer.from(args[0] === '--field' ? 'kubelet.service\n' : 'of the journal\n'));
    return { exitCode: 0 };
  };
  const nobody: RunProgram = async () => undefined;
  let using = run;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    sendQueriedLog(pathname.slice(1), searchParams, response, { root, run: using }).catch((error: unknown) =>
      send(response, error instanceof Refusal ? error.status : 500, messageOf(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get('/?query=kubelet&tailLines=1'), [200, 'of the journal\n']);
  assert.ok(asked.at(-1)?.includes('--unit=kubelet'));
  assert.deepEqual(await get('/?query=plain&query=deep'), [200, 'of plain\nof deep\n']);
  assert.deepEqual(await get('/?query=gone&query=secret'), [
    200,
    '\nlog not found for gone\n\nlog not found for secret\n',
  ]);
  assert.deepEqual(await get('/?query=plain&boot=0'), [
    200,
    '\noptions present and query resolved to log files for [plain]\ntry without specifying options\n',
  ]);
  assert.deepEqual(await get('/?query=/deep/deep.log'), [200, 'of deep\n']);
  assert.deepEqual(await get('/plain.log?query=kubelet'), [406, 'path not allowed in query mode\n']);
  assert.deepEqual(await get('/plain.log'), [200, 'of plain\n']);
  assert.equal((await get('/?query=/nothing'))[0], 404);
  using = nobody;
  assert.deepEqual(await get('/?query=kubelet'), [200, '\nlog not found for kubelet\n']);
});
