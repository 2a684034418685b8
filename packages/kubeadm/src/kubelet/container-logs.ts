import type { Files } from '../host.ts';

const podLogs = '/var/log/pods';

/** The end of the latest log of a control plane container, without the runtime's prefixes; empty if it never started. */
export async function lastContainerLogLines(
  files: Pick<Files, 'list' | 'read'>,
  of: { component: string; count: number },
): Promise<string[]> {
  const folders = (await files.list(podLogs)).filter((name) => name.startsWith(`kube-system_${of.component}-`));
  let newest = '';
  let newestTime = '';
  for (const folder of folders) {
    const path = `${podLogs}/${folder}/${of.component}`;
    for (const name of await files.list(path)) {
      if (!/^\d+\.log$/.test(name)) continue;
      const text = (await files.read(`${path}/${name}`)) ?? '';
      const time = text.slice(text.lastIndexOf('\n', text.length - 2) + 1).split(' ', 1)[0] ?? '';
      if (time > newestTime) [newest, newestTime] = [text, time];
    }
  }
  const lines = newest.split('\n').filter((line) => line !== '');
  return lines.slice(-of.count).map((line) => line.replace(/^\S+ (stdout|stderr) [FP] /, ''));
}
