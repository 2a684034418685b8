import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Runnable } from '@typernetes/base';
import { csiCodecs, registrationCodecs, registrationMethods, serveGrpc } from '@typernetes/cri';
import { driverName } from './names.ts';
import { type Binder, nodeHandlers } from './node-service.ts';

export interface NodePluginOptions {
  readonly nodeName: string;
  readonly version: string;
  readonly baseDir: string;
  /** The plugin's socket as this process sees it. */
  readonly socket: string;
  /** The same socket as the kubelet sees it. */
  readonly kubeletSocket: string;
  readonly registrationSocket: string;
  readonly binder: Binder;
}

interface NodePlugin extends Runnable {
  /** Resolves when the kubelet has registered the driver: from then on its node has the topology label. */
  readonly registered: Promise<void>;
}

/** Serves the driver's socket, then the registration socket. */
export function nodePlugin(options: NodePluginOptions): NodePlugin {
  const registered = Promise.withResolvers<void>();
  return {
    name: 'node-plugin',
    registered: registered.promise,
    run: async (signal) => {
      const plugin = await serveGrpc(options.socket, nodeHandlers(options), csiCodecs);
      const info = {
        type: 'CSIPlugin',
        name: driverName,
        endpoint: options.kubeletSocket,
        supportedVersions: ['1.0.0'],
      };
      const failed = Promise.withResolvers<void>();
      const registration = await serveGrpc(
        options.registrationSocket,
        [
          { method: registrationMethods.info, answer: async () => info },
          {
            method: registrationMethods.notify,
            answer: async ({ pluginRegistered, error }: { pluginRegistered: boolean; error: string }) => {
              if (pluginRegistered) registered.resolve();
              else failed.reject(new Error(`the kubelet refused the driver: ${error}`));
              return {};
            },
          },
        ],
        registrationCodecs,
      );
      try {
        signal.addEventListener('abort', () => failed.resolve(), { once: true });
        if (!signal.aborted) await failed.promise;
      } finally {
        await registration.close();
        await plugin.close();
      }
    },
  };
}

const run = promisify(execFile);

export const linuxBinder: Binder = {
  isMounted: async (path) =>
    (await readFile('/proc/self/mounts', 'utf8')).split('\n').some((line) => line.split(' ')[1] === path),
  bind: async (source, target, { readonly }) => {
    await run('mount', ['--bind', source, target]);
    if (readonly) await run('mount', ['-o', 'remount,bind,ro', target]);
  },
  unmount: async (path) => {
    await run('umount', [path]);
  },
};
