import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { type FieldProblem, invalidValue, keyPath, requiredValue } from '@typernetes/machinery';

const annotation = 'api-approved.kubernetes.io';
const seeAlso = 'see https://github.com/kubernetes/enhancements/pull/1111';

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

/** Groups that only the Kubernetes project gives out, with its leave. */
const isProtected = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[annotation] ?? '';
  if (text === '') return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]/i.test(text) && URL.canParse(text) ? 'approved' : 'invalid';
}

/** A definition in a protected group must name its approval. Existing ones may stay as they are. */
export function* approvalProblems(
  next: CustomResourceDefinition,
  current: CustomResourceDefinition | undefined,
): Generator<FieldProblem> {
  if (!isProtected(next.spec.group ?? '')) return;
  const approval = approvalOf(next);
  if (current && approvalOf(current) === approval) return;
  const at = keyPath('metadata.annotations', annotation);
  const lacking = `protected groups must have approval annotation "${annotation}"`;
  if (approval === 'missing') yield requiredValue(at, `${lacking}, ${seeAlso}`);
  if (approval === 'invalid') {
    const detail = `${lacking} with either a URL or a reason starting with "unapproved", ${seeAlso}`;
    yield invalidValue(at, next.metadata.annotations?.[annotation], detail);
  }
}
