import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { localFiles, runKubectl } from '@typernetes/kubectl';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-edited-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, ...maps: string[]): string => {
  const text = maps.map(
    (map) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${map}, labels: {app: x}}\ndata: {a: one}\n`,
  );
  writeFileSync(join(folder, name), text.join('---\n'));
  return join(folder, name);
};
const [both, first, other] = [file('both', 'first', 'second'), file('first', 'first'), file('other', 'third')];

const script = `
create -f ${both} --edit
get cm -l app=x -o jsonpath={.items[*].data}
create -f ${both} --edit -o json
create -f ${other} --edit --save-config
get cm third -o yaml
diff -f ${first} --prune
diff -f ${first} --prune -l app=x
apply -f ${first} -f ${other}
diff -f ${first} --prune
diff -f ${first} --prune -l app=y
diff -f ${first} --prune --prune-allowlist=core/v1/Secret
diff -f ${first} --prune --prune-allowlist=foo
diff -f ${first} --prune-allowlist=core/v1/ConfigMap
`;

test('objects in files can be edited before they are created, and diff shows what pruning would delete', () =>
  compareOnTwoPlanes(script, { KUBE_EDITOR: 'sed -i s/one/two/', SHELL: '/bin/sh' }));

test("proxy omits the path of the server's address unless told to prepend it", async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    for (const flags of [[], ['--append-server-path']]) {
      const stop = new AbortController();
      const io = {
        out(text: string) {
          const at = /127\.0\.0\.1:\d+/.exec(text)?.[0];
          void fetch(`http://${at}/api/v1`).then(async (response) => {
            await response.text();
            stop.abort();
          });
        },
        err: () => undefined,
        outBytes: () => undefined,
        errBytes: () => undefined,
        stdin: {
          isTerminal: false,
          word: () => undefined,
          hiddenLine: () => undefined,
          text: async () => '',
          open: () => ({ async *[Symbol.asyncIterator]() {}, close() {} }),
          onResize: () => () => undefined,
        },
      };
      const line = ['proxy', '--port=0', `--server=http://127.0.0.1:${port}/clusters/one`, ...flags];
      const environment = { HOME: folder, KUBECONFIG: '/dev/null' };
      await runKubectl(line, { io, files: localFiles, clock: systemClock, environment }, stop.signal);
    }
    assert.deepEqual(seen, ['/api/v1', '/clusters/one/api/v1']);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
