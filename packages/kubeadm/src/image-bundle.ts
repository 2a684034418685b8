import { imageRepository } from '@typernetes/base';
import type { ImagePuller } from './command-deps.ts';
import { copyLimitMs } from './command-limits.ts';
import type { Host } from './host.ts';

/** The path of the archive that the Debian package of images installs. */
export const imageBundle = '/usr/share/typernetes/images.tar';

/** A runtime that loads our own images, which no registry has, from this machine's archive if there is one. */
export function withImageBundle(
  runtime: ImagePuller,
  { host, criSocket }: { host: Pick<Host, 'files' | 'commands'>; criSocket: string },
): ImagePuller {
  let loaded: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const address = criSocket.replace(/^unix:\/\//, '');
    const args = ['--address', address, '--namespace', 'k8s.io', 'images', 'import', imageBundle];
    const { code, stderr } = await host.commands.run('ctr', args, { limitMs: copyLimitMs });
    if (code !== 0) throw new Error(`cannot load "${imageBundle}": ${stderr.trim()}`);
  };
  return {
    has: (image) => runtime.has(image),
    async pull(image) {
      if (image.startsWith(`${imageRepository}/`) && (await host.files.exists(imageBundle))) {
        loaded ??= load();
        await loaded;
        if (await runtime.has(image)) return;
      }
      await runtime.pull(image);
    },
    close: () => runtime.close(),
  };
}
