import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  csiCodecs,
  csiMethod,
  type Handler,
  RuntimeError,
  registrationCodecs,
  registrationMethods,
  serveGrpc,
} from '@typernetes/cri';

export const driver = 'disks.example.com';

interface Publish {
  readonly targetPath: string;
  readonly volumeCapability: { readonly block: object | null };
}

/** A driver in this process, on real sockets. `calls` has the methods in order; `refuse` makes one fail. */
export async function startDriver(folder: string) {
  const capabilities = ['STAGE_UNSTAGE_VOLUME', 'EXPAND_VOLUME', 'GET_VOLUME_STATS'];
  const requests: Record<string, unknown>[] = [];
  const calls: string[] = [];
  const refused = new Set<string>();
  const node = (name: string, answer: (request: never) => unknown = () => ({})): Handler => ({
    method: csiMethod('Node', name),
    answer: async (request) => {
      if (name !== 'NodeGetCapabilities') calls.push(name);
      requests.push(request);
      if (refused.has(name)) throw new RuntimeError('Internal', 'the disk is on fire');
      return answer(request);
    },
  });
  const endpoint = join(folder, 'csi.sock');
  const server = await serveGrpc(
    endpoint,
    [
      node('NodeGetInfo', () => ({
        nodeId: 'node-1',
        maxVolumesPerNode: '7',
        accessibleTopology: { segments: { 'topology.disks/host': 'n' } },
      })),
      node('NodeGetCapabilities', () => ({ capabilities: capabilities.map((type) => ({ rpc: { type } })) })),
      node('NodeStageVolume'),
      node('NodeUnstageVolume'),
      node('NodeExpandVolume', () => ({ capacityBytes: '2' })),
      node('NodeGetVolumeStats', () => ({ usage: [{ total: '9', used: '4', available: '5', unit: 'BYTES' }] })),
      node('NodePublishVolume', async ({ targetPath, volumeCapability }: Publish) => {
        if (volumeCapability.block) await writeFile(targetPath, 'the device');
        else await mkdir(targetPath, { recursive: true });
        return {};
      }),
      node('NodeUnpublishVolume', async ({ targetPath }: Publish) => {
        await rmdir(targetPath).catch(() => rm(targetPath, { force: true }));
        return {};
      }),
    ],
    csiCodecs,
  );
  const registrations: string[] = [];
  const info = { type: 'CSIPlugin', name: driver, endpoint, supportedVersions: ['1.0.0'] };
  const registration = await serveGrpc(
    join(folder, 'registry', `${driver}-reg.sock`),
    [
      { method: registrationMethods.info, answer: async () => info },
      {
        method: registrationMethods.notify,
        answer: async ({ error }: { error: string }) => {
          registrations.push(error);
          return {};
        },
      },
    ],
    registrationCodecs,
  );
  return {
    calls,
    requests,
    refused,
    registrations,
    registration,
    stop: () => Promise.all([server.close(), registration.close()]),
  };
}
