import { execFile } from 'node:child_process';
import { mkdir, readFile, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, type Runnable } from '@typernetes/base';
import { csiCodecs, csiMethod, type Handler, RuntimeError, registrationMethods, serveGrpc } from '@typernetes/cri';
import { driverName, handlePattern, topologyKey } from './names.ts';

/** Binds directories into places, in the mount namespace of this process. */
export interface Binder {
  isMounted(path: string): Promise<boolean>;
  bind(source: string, target: string, options: { readonly: boolean }): Promise<void>;
  unmount(path: string): Promise<void>;
}

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

/** The answers of the driver's identity and node services. */
export function nodeHandlers({
  nodeName,
  version,
  baseDir,
  binder,
}: Omit<NodePluginOptions, 'socket' | 'kubeletSocket' | 'registrationSocket'>): readonly Handler[] {
  const publish = async (request: { volumeId: string; targetPath: string; readonly: boolean }): Promise<object> => {
    const { volumeId, targetPath } = request;
    const source = directoryOf(baseDir, volumeId);
    if (targetPath === '') throw new RuntimeError('InvalidArgument', 'target path missing in request');
    await stat(source).catch((error: unknown) => {
      throw codeOf(error) === 'ENOENT' ? new RuntimeError('NotFound', `volume ${volumeId} does not exist`) : error;
    });
    await mkdir(targetPath, { recursive: true, mode: 0o750 });
    if (!(await binder.isMounted(targetPath))) await binder.bind(source, targetPath, { readonly: request.readonly });
    return {};
  };
  const unpublish = async ({ volumeId, targetPath }: { volumeId: string; targetPath: string }): Promise<object> => {
    directoryOf(baseDir, volumeId);
    if (await binder.isMounted(targetPath)) await binder.unmount(targetPath);
    await rmdir(targetPath).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    return {};
  };
  return [
    {
      method: csiMethod('Identity', 'GetPluginInfo'),
      answer: async () => ({ name: driverName, vendorVersion: version }),
    },
    {
      method: csiMethod('Identity', 'GetPluginCapabilities'),
      answer: async () => ({ capabilities: [{ service: { type: 'VOLUME_ACCESSIBILITY_CONSTRAINTS' } }] }),
    },
    { method: csiMethod('Identity', 'Probe'), answer: async () => ({ ready: { value: true } }) },
    {
      method: csiMethod('Node', 'NodeGetInfo'),
      answer: async () => ({ nodeId: nodeName, accessibleTopology: { segments: { [topologyKey]: nodeName } } }),
    },
    { method: csiMethod('Node', 'NodeGetCapabilities'), answer: async () => ({ capabilities: [] }) },
    { method: csiMethod('Node', 'NodePublishVolume'), answer: publish },
    { method: csiMethod('Node', 'NodeUnpublishVolume'), answer: unpublish },
  ];
}

function directoryOf(baseDir: string, volumeId: string): string {
  if (!handlePattern.test(volumeId))
    throw new RuntimeError('InvalidArgument', `volume id "${volumeId}" is not one of this driver`);
  return join(baseDir, volumeId);
}

/** Serves the driver's socket, then the one that announces it to the kubelet. */
export function nodePlugin(options: NodePluginOptions): Runnable {
  return {
    name: 'node-plugin',
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
              if (!pluginRegistered) failed.reject(new Error(`the kubelet refused the driver: ${error}`));
              return {};
            },
          },
        ],
        csiCodecs,
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
