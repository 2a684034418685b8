import { codeOf, messagesOf } from '@typernetes/base';
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  decodeObject,
  type JsonObject,
  parseJsonPatch,
  type StructSchema,
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
      try {
        reading ??= readPatches(folder, deps);
        return await (await reading).apply(target, object);
      } catch (cause) {
        throw new Error(failureOf(target), { cause });
      }
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

const isPod = (target: PatchTarget): boolean => typeOfTarget[target] === 'core/v1.Pod';

function failureOf(target: PatchTarget): string {
  if (isPod(target)) return `failed to patch static Pod manifest file for "${target}"`;
  if (target === 'kubeletconfiguration') return 'could not apply patches to the KubeletConfiguration';
  return `could not apply patches to "${target}"`;
}

/**
 * Reads the folder: files `TARGET[SUFFIX][+TYPE].{json,yaml}`, whose documents are patches of that type. Says which files
 * it takes and which not. Throws when there is no such folder or a file cannot be read.
 */
async function readPatches(folder: string, { files, output }: PatchesDeps): Promise<Patches> {
  const listing = `could not list patch files for path "${folder}"`;
  if (!(await files.exists(folder))) throw new Error(`${listing}: lstat ${folder}: no such file or directory`);
  const names = await files.list(folder).catch((error: unknown) => {
    throw new Error(`${listing}: ${codeOf(error) === 'ENOTDIR' ? 'not a directory' : messagesOf(error)}`);
  });
  output.out(`[patches] Reading patches from path "${folder}"\n`);
  const patches: PatchFile[] = [];
  const ignored: string[] = [];
  for (const name of [...names].sort()) {
    const parsed = explained(listing, () => parsePatchFileName(name));
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
    patches.push({ ...parsed, name, documents: explained(listing, () => documentsOf(text)) });
  }
  if (patches.length > 0) {
    output.out(`[patches] Found the following patch files: [${patches.map(({ name }) => name).join(' ')}]\n`);
  }
  if (ignored.length > 0) output.out(`[patches] Ignored the following files: [${ignored.join(' ')}]\n`);
  // The type tables take a while to load, so they are loaded only if there are patches.
  const { schemaOfType } = await import('@typernetes/api/schema');
  return {
    async apply(target, object) {
      const schema = schemaOfType(typeOfTarget[target]);
      let patched: unknown = object;
      for (const { kind, document } of patchesFor(patches, target)) {
        try {
          patched = withPatch(patched, { kind, document, schema });
        } catch (error) {
          const why = messagesOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
          throw new Error(
            `could not apply the following patch of type "${contentTypes[kind]}" to target "${target}":\n${JSON.stringify(document)}\n: ${why}`,
          );
        }
        output.out(`[patches] Applied patch of type "${contentTypes[kind]}" to target "${target}"\n`);
      }
      if (patched !== object && isPod(target)) {
        explained('failed to unmarshal patched manifest from YAML', () => decodeObject(patched, schema));
      }
      return patched as typeof object;
    },
  };
}

function withPatch(
  object: unknown,
  { kind, document, schema }: { kind: PatchKind; document: unknown; schema: StructSchema },
): unknown {
  if (kind === 'json') return applyJsonPatch(object, parseJsonPatch(document));
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Error(kind === 'merge' ? 'invalid JSON patch' : 'invalid JSON document');
  }
  if (kind === 'merge') return applyMergePatch(object, document);
  return applyStrategicMergePatch(object as JsonObject, document as JsonObject, schema);
}

function explained<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new Error(what, { cause });
  }
}

function patchesFor(files: readonly PatchFile[], target: PatchTarget): { kind: PatchKind; document: unknown }[] {
  return files
    .filter((file) => file.target === target)
    .flatMap(({ kind, documents }) => documents.map((document) => ({ kind, document })));
}

function documentsOf(text: string): unknown[] {
  try {
    return decodeDocuments(text);
  } catch (error) {
    const why = messagesOf(error).replace('error converting YAML to JSON: ', '');
    throw new Error(`could not convert patch to JSON:\n${text}\n: ${why}`);
  }
}
