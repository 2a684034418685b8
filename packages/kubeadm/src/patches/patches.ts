import { messagesOf } from '@typernetes/base';
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  type JsonObject,
  parseJsonPatch,
} from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import type { Files } from '../host.ts';
import type { Output } from '../output.ts';
import { type PatchFile, type PatchKind, type PatchTarget, parsePatchFileName } from './patch-file.ts';

/** The user's patches of objects that kubeadm writes. */
export interface Patches {
  /** Applies the target's patches in the order of their files. Rejects if one cannot be applied. */
  apply<T extends object>(target: PatchTarget, object: T): Promise<T>;
}

export const noPatches: Patches = { apply: async (_target, object) => object };

interface PatchesDeps {
  readonly files: Pick<Files, 'exists' | 'list' | 'read'>;
  readonly output: Output;
}

/**
 * The patches of a folder (`--patches`). They are read and validated on first use, so that phases that write nothing patchable
 * do not need the folder.
 */
export function patchesIn(folder: string, deps: PatchesDeps): Patches {
  let reading: Promise<Patches> | undefined;
  return {
    async apply(target, object) {
      reading ??= readPatches(folder, deps);
      return (await reading).apply(target, object);
    },
  };
}

const contentTypes: Readonly<Record<PatchKind, string>> = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
};

const typeOfTarget: Readonly<Record<PatchTarget, string>> = {
  etcd: 'core/v1.Pod',
  'kube-apiserver': 'core/v1.Pod',
  'kube-controller-manager': 'core/v1.Pod',
  'kube-scheduler': 'core/v1.Pod',
  kubeletconfiguration: 'kubelet.config/v1beta1.KubeletConfiguration',
  corednsdeployment: 'apps/v1.Deployment',
};

/**
 * Reads the folder: files `TARGET[SUFFIX][+TYPE].{json,yaml}`, whose documents are patches of that type. Says which files
 * it takes and which not. Throws when there is no such folder or a file cannot be read.
 */
async function readPatches(folder: string, { files, output }: PatchesDeps): Promise<Patches> {
  if (!(await files.exists(folder))) {
    throw new Error(`could not list patch files for path "${folder}": lstat ${folder}: no such file or directory`);
  }
  output.out(`[patches] Reading patches from path "${folder}"\n`);
  const patches: PatchFile[] = [];
  const ignored: string[] = [];
  for (const name of [...(await files.list(folder))].sort()) {
    const parsed = parsePatchFileName(name);
    if (typeof parsed === 'string') {
      output.out(`[patches] Ignoring file "${name}": ${parsed}\n`);
      ignored.push(name);
      continue;
    }
    const text = (await files.read(`${folder}/${name}`)) ?? '';
    if (text === '') {
      output.out(`[patches] Ignoring empty file: "${name}"\n`);
      ignored.push(name);
      continue;
    }
    patches.push({ ...parsed, name, documents: documentsOf(name, text) });
  }
  if (patches.length > 0) {
    output.out(`[patches] Found the following patch files: [${patches.map(({ name }) => name).join(' ')}]\n`);
  }
  if (ignored.length > 0) output.out(`[patches] Ignored the following files: [${ignored.join(' ')}]\n`);
  // The type tables take a while to load, so they are loaded only if there are patches.
  const { schemaOfType } = await import('@typernetes/api/schema');
  return {
    async apply(target, object) {
      let patched: unknown = object;
      for (const { kind, document } of patchesFor(patches, target)) {
        try {
          patched =
            kind === 'json'
              ? applyJsonPatch(patched, parseJsonPatch(document))
              : kind === 'merge'
                ? applyMergePatch(patched, document)
                : applyStrategicMergePatch(
                    patched as JsonObject,
                    document as JsonObject,
                    schemaOfType(typeOfTarget[target]),
                  );
        } catch (error) {
          throw new Error(
            `could not apply the following patch of type "${contentTypes[kind]}" to target "${target}":\n${JSON.stringify(document)}\n: ${messagesOf(error)}`,
            { cause: error },
          );
        }
        output.out(`[patches] Applied patch of type "${contentTypes[kind]}" to target "${target}"\n`);
      }
      return patched as typeof object;
    },
  };
}

function patchesFor(files: readonly PatchFile[], target: PatchTarget): { kind: PatchKind; document: unknown }[] {
  return files
    .filter((file) => file.target === target)
    .flatMap(({ kind, documents }) => documents.map((document) => ({ kind, document })));
}

function documentsOf(name: string, text: string): unknown[] {
  try {
    return decodeDocuments(text);
  } catch (error) {
    throw new Error(`could not convert patch to JSON: file "${name}"`, { cause: error });
  }
}
