import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesOf } from '../files/read-files.ts';

/** The total of huge pages by resource (`hugepages-2Mi`), in bytes, including sizes with a total of zero. */
export async function hugepagesIn(directory = '/sys/kernel/mm/hugepages'): Promise<ReadonlyMap<string, number>> {
  const sizes = (await entriesOf(directory)).flatMap((name) => /^hugepages-(\d+)kB$/.exec(name)?.[1] ?? []).map(Number);
  const counted = sizes.map(async (kilobytes) => {
    const count = Number(await readFile(join(directory, `hugepages-${kilobytes}kB/nr_hugepages`), 'utf8'));
    const gibi = 1024 * 1024;
    const size =
      kilobytes >= gibi ? `${kilobytes / gibi}Gi` : kilobytes >= 1024 ? `${kilobytes / 1024}Mi` : `${kilobytes}Ki`;
    return [`hugepages-${size}`, count * kilobytes * 1024] as const;
  });
  return new Map(await Promise.all(counted));
}
