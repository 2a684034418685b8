import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls } from './kubectl-beside-upstream.ts';
import { startMetricsStub } from './metrics-stub.ts';

const nodeLines = `
top node
top nodes --no-headers
top no small
top node nosuch
top node silent
top node none
top node big small
top node -l role=a
top node -l role=nosuch
top node -l =
top node small -l role=b
top node --sort-by=cpu
top node --sort-by=memory
top node --sort-by=name
top node --sort-by=
top node --show-capacity
top node --show-capacity small
top node --show-swap
top node --show-swap --sort-by=memory --no-headers
top node --use-protocol-buffers=false
top node -A
`;
const podLines = `
top pod
top pods --no-headers
top po web
top pod nosuch
top pod web db
top pod -A
top pod -A --no-headers
top pod -n other
top pod -n other idle
top pod -n other --containers
top pod -n nosuch
top pod -n old
top pod -n young
top pod -n old waiting
top pod -n young waiting
top pod --containers
top pod web --containers
top pod --containers --sort-by=cpu
top pod --containers --sort-by=memory -A
top pod --sort-by=cpu
top pod --sort-by=memory -A
top pod --sort-by=x
top pod -l app=web
top pod -l app=web -A
top pod -l app=nosuch
top pod -l app=nosuch -A
top pod -l =
top pod web -l app=web
top pod web --field-selector=metadata.name=web
top pod --field-selector=metadata.name=web
top pod --field-selector=metadata.name=nosuch
top pod --sum
top pod --sum --no-headers
top pod --sum --containers
top pod --sum --containers --no-headers
top pod --sum -A
top pod --sum -A --no-headers
top pod --sum -A --containers
top pod --sum -A --containers --sort-by=cpu
top pod --sum web
top pod --show-swap
top pod --show-swap --containers
top pod --show-swap --sum -A
top pod --show-swap --sum --containers --no-headers
top pod --use-protocol-buffers=false -A
top pod -A web
top
top x
`;

const linesOf = (text: string): string[] => text.trim().split('\n');
const lines = [...linesOf(nodeLines), ...linesOf(podLines)];
const fewer = lines.filter((line) => !/--(sort-by|show|no-h)/.test(line));

test("top shows the same metrics as upstream's, for nodes, pods and containers, and the same errors without metrics", async () => {
  await using stub = await startMetricsStub();
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-top-'));
  const differing: string[] = [];
  try {
    for (const [mode, typed] of [
      ['', lines],
      ['/empty', fewer],
      ['/none', fewer],
    ] as const) {
      const file = join(folder, `config${mode.replace('/', '-')}`);
      const config = {
        clusters: [{ name: 'c', cluster: { server: `${stub.url}${mode}` } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        users: [{ name: 'u', user: {} }],
        'current-context': 'c',
      };
      writeFileSync(file, JSON.stringify(config));
      using both = bothKubectls({ KUBECONFIG: file });
      for (const line of typed) {
        const [ours, upstream] = await Promise.all([both.ours(...line.split(' ')), both.upstream(...line.split(' '))]);
        const isHelp = upstream.out.startsWith('Display') || upstream.err.startsWith('Display');
        const [a, b] = isHelp ? [ours.code, upstream.code] : [ours, upstream];
        const shown = (one: unknown): string =>
          JSON.stringify(one)
            .replaceAll('\\n', '\n')
            .replace(/age: 10m[\d.]+s/, 'age: 10m');
        if (shown(a) !== shown(b)) differing.push(`${mode} kubectl ${line}\nours: ${shown(a)}\nupstream: ${shown(b)}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.equal(differing.length, 0, differing.join('\n'));
});
