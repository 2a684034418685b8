/** A process that writes with many writers at once and prints each key once it is acknowledged: to be killed at any moment. */
import { SqliteStore } from '../sqlite-store.ts';

const [path = '', writers = '32', round = '0'] = process.argv.slice(2);
const store = new SqliteStore(path);
const value = new TextEncoder().encode('x'.repeat(1024));

await Promise.all(
  Array.from({ length: Number(writers) }, async (_, writer) => {
    for (let i = 0; ; i++) {
      const key = `/registry/crash/r${round}-w${writer}-${i}`;
      const result = await store.commit({ key, value, expectedRevision: 0 });
      if (result.ok) process.stdout.write(`${key} ${result.revision}\n`);
    }
  }),
);
