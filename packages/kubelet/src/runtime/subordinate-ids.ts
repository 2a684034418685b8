import { textIn } from '../files/read-files.ts';

/** A range of the machine's ids for user namespaces of pods. */
export interface IdRange {
  readonly first: number;
  readonly length: number;
}

const user = 'kubelet';

/**
 * The range of the user `kubelet` in /etc/subuid and /etc/subgid, which must be the same in both; without such a user,
 * everything from `idsPerPod` on (upstream: getKubeletMappings, which runs getsubids).
 */
export async function subordinateIds(idsPerPod: number, etc = '/etc'): Promise<IdRange> {
  const everything = { first: idsPerPod, length: 2 ** 32 - idsPerPod - (2 ** 32 % idsPerPod) };
  const entry = (await linesOf(`${etc}/passwd`)).find(([name]) => name === user);
  if (!entry) return everything;
  const [uids, gids] = await Promise.all([rangesIn(`${etc}/subuid`, entry[2]), rangesIn(`${etc}/subgid`, entry[2])]);
  if (JSON.stringify(uids) !== JSON.stringify(gids))
    throw new Error(`mismatched subuids and subgids for user "${user}"`);
  const [range, ...others] = uids;
  if (!range || others.length > 0)
    throw new Error(`expected one range of subordinate ids for user "${user}", got ${uids.length}`);
  return range;
}

async function rangesIn(file: string, uid: string | undefined): Promise<readonly IdRange[]> {
  const own = (await linesOf(file)).filter(([name]) => name === user || name === uid);
  return own.map(([, first, length]) => ({ first: Number(first), length: Number(length) }));
}

async function linesOf(file: string): Promise<readonly (readonly string[])[]> {
  return ((await textIn(file)) ?? '').split('\n').map((line) => line.trim().split(':'));
}
