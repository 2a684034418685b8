import { type FieldProblem, invalidValue, qualifiedNameProblems } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import type { Namespace } from './v1.gen.ts';

export function validateNamespace(namespace: Namespace): FieldProblem[] {
  return [...finalizerProblems(namespace)];
}

/** The rules for `/finalize`, where upstream's path also has the finalizer's index. */
export function validateNamespaceFinalize(namespace: Namespace): FieldProblem[] {
  return [...finalizerProblems(namespace, (i) => `spec.finalizers[${i}]`)];
}

function* finalizerProblems({ spec }: Namespace, at: (index: number) => string = () => 'spec.finalizers'): Problems {
  for (const [i, finalizer] of (spec?.finalizers ?? []).entries()) {
    for (const detail of qualifiedNameProblems(finalizer)) yield invalidValue(at(i), finalizer, detail);
    if (!finalizer.includes('/') && finalizer !== 'kubernetes') {
      const detail = 'name is neither a standard finalizer name nor is it fully qualified';
      yield invalidValue(at(i), finalizer, detail);
    }
  }
}

export function validateNamespaceStatus({ metadata, status }: Namespace): FieldProblem[] {
  const wanted = metadata.deletionTimestamp ? 'Terminating' : 'Active';
  if (!status?.phase || status.phase === wanted) return [];
  const state = metadata.deletionTimestamp ? 'not empty' : 'empty';
  return [invalidValue('status.Phase', status.phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`)];
}
