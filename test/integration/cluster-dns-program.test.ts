import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCommand } from '../command.ts';

const program = join(import.meta.dirname, '../../apps/cluster-dns/src/main.ts');

test("a Corefile that is wrong ends the program, in CoreDNS' words and no others", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'corefile-'));
  const file = join(folder, 'Corefile');
  try {
    writeFileSync(file, '.:53 {\n    errors\n    unheardof\n}\n');
    const { exitCode, stderr } = await startCommand([process.execPath, program, '-conf', file]).outcome;
    assert.deepEqual([exitCode, stderr], [1, `${file}:3 - Error during parsing: Unknown directive 'unheardof'\n`]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
