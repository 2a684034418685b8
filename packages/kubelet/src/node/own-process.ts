import { readFile, writeFile } from 'node:fs/promises';
import { type Logger, messageOf } from '@typernetes/base';
import type { CompleteConfiguration } from '../config/defaults.ts';

/**
 * Sets up the kubelet's own process: sets its OOM score, and checks the limit of open files, which Node itself raises
 * as far as allowed. As upstream, a failure is logged and does not keep the kubelet from starting.
 */
export async function setUpOwnProcess(
  { oomScoreAdj, maxOpenFiles }: Pick<CompleteConfiguration, 'oomScoreAdj' | 'maxOpenFiles'>,
  log: Logger,
  process = '/proc/self',
): Promise<void> {
  try {
    await writeFile(`${process}/oom_score_adj`, String(oomScoreAdj));
  } catch (error) {
    log.info('Failed to ApplyOOMScoreAdj', { oomScoreAdj, error: messageOf(error) });
  }
  const [, most = '0'] = /^Max open files\s+\S+\s+(\d+)/m.exec(await readFile(`${process}/limits`, 'utf8')) ?? [];
  if (Number(most) > 0 && Number(most) < maxOpenFiles)
    log.info('Failed to set rlimit on max file handles', { maxOpenFiles, limit: Number(most) });
}
