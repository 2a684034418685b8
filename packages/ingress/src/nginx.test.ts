import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '@typernetes/base/testing';
import { Nginx } from './nginx.ts';

/** A fake nginx that rejects configurations with the word `evil`, with nginx's message. */
const program = `#!/bin/sh
for file; do :; done
line=$(grep -n evil "$file" | head -n 1)
[ -z "$line" ] && exit 0
echo '2026/01/01 00:00:00 [warn] 7#7: low address bits of 10.0.0.1/8 are meaningless in x:1' >&2
echo "2026/01/01 00:00:00 [emerg] 7#7: unknown in \${line#*:} in $file:\${line%%:*}" >&2
echo "nginx: configuration file $file test failed" >&2
exit 1
`;

test('a rejected configuration is reported with its line, whatever the message quotes, and the old one stays', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'nginx');
  await writeFile(file, program);
  await chmod(file, 0o755);
  const nginx = new Nginx({ program: file, folder, log: silentLogger });
  const serves = (): Promise<string> => readFile(join(folder, 'nginx.conf'), 'utf8');
  const certificates = new Map([['own', 'PEM 1']]);
  assert.deepEqual(await nginx.serve('one\n', certificates), { changed: true });
  assert.deepEqual(await nginx.serve('one\n', certificates), { changed: false });

  // A Unicode line separator does not separate lines for nginx.
  const quoted = `evil in ${folder}/nginx.conf.new:9\u2028`;
  const renewed = new Map([['own', 'PEM 2']]);
  assert.deepEqual(await nginx.serve(`two\n${quoted}\n`, renewed), {
    changed: false,
    refusal: { why: `unknown in ${quoted}`, line: 2 },
  });
  assert.equal(await serves(), 'one\n');
  assert.deepEqual(await nginx.serve('one\n', renewed), { changed: true }, 'the certificate is not read yet');
  assert.deepEqual(await nginx.serve('one\n', renewed), { changed: false });
});
