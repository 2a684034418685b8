import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { componentLogger } from '@typernetes/process';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { debugFlagsRoute, logsRoute } from './debug-routes.ts';
import type { SystemRoute } from './system-routes.ts';

/** Status and text of what a route answers; undefined where it is not its business. */
async function asked(
  route: SystemRoute,
  method: string,
  path: string,
  body = '',
): Promise<[number, string] | undefined> {
  const request = { method, path, headers: {}, body: async () => Buffer.from(body) };
  const reply: Reply | undefined = await route({ request } as unknown as RequestContext);
  if (!reply) return undefined;
  if (typeof reply.body !== 'function') return [reply.status, Buffer.from(reply.body as Uint8Array).toString()];
  let text = '';
  await reply.body({
    write: (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString();
      return true;
    },
  } as never);
  return [reply.status, text];
}

test('the verbosity changes while the server runs', async () => {
  const written: string[] = [];
  const verbosity = { level: 0 };
  const stream = { write: (line: string) => written.push(line) };
  const log = componentLogger({}, { stream, clock: { now: () => 0 }, pid: 1, source: 'x', verbosity });
  const inner = log.with({ a: 1 });
  const route = debugFlagsRoute(verbosity);
  inner.debug('before');
  assert.deepEqual(await asked(route, 'PUT', '/debug/flags/v', '4'), [
    200,
    'successfully set klog.logging.verbosity to 4\n',
  ]);
  inner.debug('after');
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /"after"/);
  assert.deepEqual(await asked(route, 'PUT', '/debug/flags/v', 'x'), [
    400,
    'failed set klog.logging.verbosity x: strconv.ParseInt: parsing "x": invalid syntax\n',
  ]);
  assert.deepEqual(await asked(route, 'GET', '/debug/flags/v'), [406, 'unsupported http method\n']);
  assert.equal((await asked(route, 'GET', '/debug/flags'))?.[0], 200);
  assert.equal((await asked(route, 'GET', '/debug/flags/x'))?.[0], 200);
  assert.equal(await asked(route, 'GET', '/debug/other'), undefined);
});

test('serves the files of the log folder, and nothing beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'typernetes-logs-'));
  try {
    await writeFile(join(folder, 'a.log'), 'hello\n');
    await writeFile(join(folder, 'empty.log'), '');
    await symlink('/etc', join(folder, 'etc'));
    const route = logsRoute(folder);
    const list = await asked(route, 'GET', '/logs/');
    assert.match(list?.[1] ?? '', /<a href="a.log">a.log<\/a>\n/);
    assert.deepEqual(await asked(route, 'GET', '/logs/a.log'), [200, 'hello\n']);
    assert.deepEqual(await asked(route, 'GET', '/logs/empty.log'), [200, '']);
    for (const path of ['/logs/none', '/logs/etc/passwd', `/logs/${'x'.repeat(300)}`, '/logs/%ff'])
      assert.deepEqual(await asked(route, 'GET', path), [404, '404 page not found\n'], path);
    assert.deepEqual(await asked(route, 'GET', '/logs/%2e%2e/x'), [400, 'invalid URL path\n']);
    assert.equal(await asked(route, 'GET', '/logsx'), undefined);
  } finally {
    await rm(folder, { recursive: true });
  }
});
