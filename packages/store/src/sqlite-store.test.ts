import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { storeConformance } from './conformance.ts';
import { SqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-'));
after(() => rmSync(folder, { recursive: true }));

let opened = 0;
const fileOf = (): string => join(folder, `${opened}.db`);

storeConformance(
  'sqlite',
  async () => {
    opened++;
    return new SqliteStore(fileOf());
  },
  async (store) => {
    await store.close();
    return new SqliteStore(fileOf());
  },
);
