import { crc32 } from 'node:zlib';
import { messageOf } from '@typernetes/base';
import { type Checkpoint, checkpointFile } from '../files/checkpoint.ts';

/** A device that a driver has made ready, with upstream's names: this is what the checkpoint holds. */
export interface PreparedDevice {
  readonly PoolName: string;
  readonly DeviceName: string;
  readonly ShareID?: string | null;
  readonly RequestNames: readonly string[] | null;
  readonly CDIDeviceIDs: readonly string[] | null;
}

/** A claim that pods on this node use, or that still has to be unprepared. */
export interface ClaimState {
  readonly ClaimUID: string;
  readonly ClaimName: string;
  readonly Namespace: string;
  readonly PodUIDs: Readonly<Record<string, object>>;
  /** All drivers that have devices for the claim. */
  readonly DriverState: Readonly<Record<string, { readonly Devices: readonly PreparedDevice[] | null }>>;
}

const kind = 'DRACheckpoint';
const apiVersion = 'checkpoint.dra.kubelet.k8s.io/v1';

/** `<root>/dra_manager_state`, in upstream's form: a kubelet of either kind takes over what the other has left. */
export function claimCheckpoint(path: string): Checkpoint<readonly ClaimState[]> {
  return checkpointFile(path, {
    encode: (claims) => {
      const Data = JSON.stringify({ kind, apiVersion, ClaimInfoStateList: claims });
      return JSON.stringify({ Data, Checksum: crc32(Data) });
    },
    decode: (text) => {
      try {
        const { Data, Checksum } = JSON.parse(text) as { Data: string; Checksum: number };
        if (crc32(Data) !== Checksum) throw new Error('checkpoint is corrupted');
        const list = (JSON.parse(Data) as { ClaimInfoStateList: ClaimState[] | null }).ClaimInfoStateList ?? [];
        return list.map((claim) => ({ ...claim, PodUIDs: claim.PodUIDs ?? {}, DriverState: claim.DriverState ?? {} }));
      } catch (error) {
        const message = `please drain node and remove DRA state file "${path}": ${messageOf(error)}`;
        throw new Error(message, { cause: error });
      }
    },
  });
}
