import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls } from './kubectl-beside-upstream.ts';

const words =
  '|a|1|yes|y|1:20|1.5|.5|5.|1e3|1e+3|0x1F|017|0o17|08|0b1|1_000|-|- a|---|--- a|...|a: b|a:b|a:|:a|: a|a #b|a# b|#a| a|a |*|&a|!a|2026-01-01|2026-01-01T00:00:00Z|2026-1-1 0:0:0|2026-13-01|null|~|<<|True|TrUe|a\nb|a\nb\n|a\n\n|\n|\n\n| a\nb|a \nb|a\tb|a\n\tb|x\u00a0y|é|😀|tab\tand a text that goes on until it is folded  somewhere, at some  space or other, is it|Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints|\'quoted\' start of a long text that goes on and on until it is folded somewhere, at some space or other|"double quoted" start of a long text that goes on and on until it is folded at some  space|?|?a|=|%a|@a|`a|a]b|[a]|{a}|,a|>|it\'s|a"b|\\|0|00|1.2.3|10.0.0.1|1__0|0x|1e|1:60|190:20:30.15|2001-12-14t21:59:43.10-05:00|12_3.4_5|.1_0|+.5|-0|-0x1|-017|.inf'.split(
    '|',
  );
const pieces = [...'a10-+.:# \'"\\\n\t*&!{}[],?>%@`~é中😀y_=</\r', 'no', 'null', 'e5', '0x1', 'long words and more '];

test('YAML, KYAML and JSON are exactly what upstream writes, for all texts and keys', async () => {
  let seed = 42;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % limit;
  };
  const strings = [...words];
  while (strings.length < 600) {
    const length = 1 + below(7);
    strings.push(Array.from({ length }, () => pieces[below(pieces.length)]).join(''));
  }
  const data = Object.fromEntries([
    ...strings.map((text, i) => [`k${i}`, text]),
    ...['a10', 'a2', 'a', '1', 'b', 'A', 'a-1', 'a.1', 'a_1', '0', '00', '01', '9', 'true', 'y', '1.5'].map((key) => [
      key,
      'x'.repeat(200),
    ]),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-yaml-'));
  try {
    const file = join(folder, 'map.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data }));
    using both = bothKubectls({ KUBECONFIG: '/dev/null' });
    for (const format of ['yaml', 'kyaml', 'json']) {
      const line = ['annotate', '-f', file, '--local', 'a=b', '-o', format];
      const [ours, upstream] = [await both.ours(...line), await both.upstream(...line)];
      assert.deepEqual(ours.out.split('\n'), upstream.out.split('\n'), format);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
