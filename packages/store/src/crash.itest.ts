import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SqliteStore } from './sqlite-store.ts';

const rounds = 20;
/** A round ends once this much was acknowledged: the kill happens while 32 writers are at work. */
const acknowledgedPerRound = 500;

/** Starts the writers, kills them once enough is acknowledged, and returns what was. */
async function writeAndKill(path: string, round: number): Promise<Map<string, number>> {
  const program = join(import.meta.dirname, 'testing', 'crash-writer.ts');
  const child = spawn(process.execPath, [program, path, '32', String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    text += chunk;
    if (text.split('\n').length > acknowledgedPerRound) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return new Map(whole.map((line) => [line.split(' ')[0] as string, Number(line.split(' ')[1])]));
}

test('acknowledged writes survive kill -9, 20 times over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'store-crash-'));
  const path = join(folder, 'store.db');
  const acknowledged = new Map<string, number>();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [key, revision] of await writeAndKill(path, round)) acknowledged.set(key, revision);
      const store = new SqliteStore(path);
      const { objects, revision } = await store.list('/registry/crash/');
      await store.close();
      const present = new Map(objects.map((object) => [object.key, object.modRevision]));
      const lost = [...acknowledged].filter(([key, at]) => present.get(key) !== at);
      assert.deepEqual(lost, [], `round ${round}`);
      assert.ok(revision >= Math.max(...acknowledged.values()));
    }
    assert.ok(acknowledged.size >= rounds * acknowledgedPerRound);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
