import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls, type Printed } from './kubectl-beside-upstream.ts';
import { startLogStub } from './log-stub.ts';

const lines = `
logs web
logs web c
logs web init
logs web --all-containers
logs web --all-containers --prefix
logs open --prefix
logs web -c blank --prefix
logs bad -c broken
logs bad -c broken --prefix
logs bad -c broken --ignore-errors
logs bad -c waiting
logs bad -c waiting --ignore-errors
logs bad -c failing
logs bad -c failing --ignore-errors
logs bad --all-containers --ignore-errors --prefix
logs web -f
logs web -f --max-log-requests=0
logs web -f --prefix --all-containers --max-log-requests=1
logs web --since=1ms
logs web --since=1500ms
logs web --since-time=2020-01-01T00:00:00.5+02:00
logs web -p --timestamps --insecure-skip-tls-verify-backend --limit-bytes=7 --tail=3
logs named
logs misnamed
logs misnamed -c c
logs misnamed --all-containers
logs -l app=x --prefix
logs -l app=x --prefix --tail=2 -f
logs -l app=none
`;

/** Upstream goes through the logs of several containers in an order drawn by lot. */
const settled = ({ out, err, code }: Printed, line: string): Printed => ({
  out: /--all|-l /.test(line) ? out.split('\n').sort().join('\n') : out,
  err,
  code,
});

test("logs prints what upstream's does, of whole, broken, missing and several logs", async () => {
  await using stub = await startLogStub();
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-logs-'));
  try {
    const file = join(folder, 'config');
    const config = {
      clusters: [{ name: 'c', cluster: { server: stub.url } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: {} }],
      'current-context': 'c',
    };
    writeFileSync(file, JSON.stringify(config));
    using both = bothKubectls({ KUBECONFIG: file });
    const differing: string[] = [];
    for (const line of lines.trim().split('\n')) {
      const args = line.split(' ');
      const [ours, upstream] = (await Promise.all([both.ours(...args), both.upstream(...args)])).map((one) =>
        JSON.stringify(settled(one, line)).replaceAll('\\n', '\n'),
      );
      if (ours !== upstream) differing.push(`kubectl ${line}\nours: ${ours}\nupstream: ${upstream}`);
    }
    assert.equal(differing.length, 0, differing.join('\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
