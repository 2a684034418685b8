export const patchTargets = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubeletconfiguration',
  'corednsdeployment',
] as const;
export type PatchTarget = (typeof patchTargets)[number];

const patchKinds = ['json', 'merge', 'strategic'] as const;
export type PatchKind = (typeof patchKinds)[number];

/** A file of the patches folder; each of its documents is a patch. */
export interface PatchFile {
  readonly name: string;
  readonly target: PatchTarget;
  readonly kind: PatchKind;
  readonly documents: readonly unknown[];
}

const targetPattern = new RegExp(`^(${patchTargets.join('|')})([^.+\\n]*)(\\+)?(${patchKinds.join('|')})?`);

/**
 * Parses a name `TARGET[SUFFIX][+TYPE].EXTENSION`. Returns the reason to skip the file if it names no target. Throws on a type that
 * does not exist.
 */
export function parsePatchFileName(name: string): Pick<PatchFile, 'target' | 'kind'> | string {
  if (!/.+\.(json|yaml)$/.test(name)) return 'the file extension must be one of [json yaml]';
  const match = targetPattern.exec(name);
  if (!match) return `unknown target, must be one of [${patchTargets.join(' ')}]`;
  const [, target, , plus, kind] = match;
  if (plus !== undefined && kind === undefined) {
    throw new Error(`unknown or missing patch type after '+', must be one of [${patchKinds.join(' ')}]`);
  }
  return { target: target as PatchTarget, kind: (plus === undefined ? 'strategic' : kind) as PatchKind };
}
