import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { belongsTo } from './rotation-plan.ts';

/** Removes a container's log and its rotated logs. */
export async function removeLogs(logPath: string): Promise<void> {
  if (logPath === '') return;
  const [directory, log] = [dirname(logPath), basename(logPath)];
  try {
    for (const name of await readdir(directory))
      if (belongsTo(log, name)) await rm(join(directory, name), { force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
