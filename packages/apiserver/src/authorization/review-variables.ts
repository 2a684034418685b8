import type { SubjectAccessReviewSpec } from '@typernetes/api/authorization/v1';
import {
  type DeclaredType,
  extendEnvironment,
  kubernetesEnvironment,
  listOf,
  mapOf,
  recordType,
  stringType,
} from '@typernetes/cel';

const selectorType = (name: string): DeclaredType =>
  recordType(name, {
    rawSelector: stringType,
    requirements: listOf(
      recordType('kubernetes.SelectorRequirement', {
        key: stringType,
        operator: stringType,
        values: listOf(stringType),
      }),
    ),
  });

/** The attributes of a review that are texts. */
const resourceTexts = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'] as const;

/** The review in conditions, as upstream declares it. */
const requestType = recordType('kubernetes.SubjectAccessReviewSpec', {
  resourceAttributes: recordType('kubernetes.ResourceAttributes', {
    ...Object.fromEntries(resourceTexts.map((name) => [name, stringType])),
    fieldSelector: selectorType('kubernetes.FieldSelectorAttributes'),
    labelSelector: selectorType('kubernetes.LabelSelectorAttributes'),
  }),
  nonResourceAttributes: recordType('kubernetes.NonResourceAttributes', { path: stringType, verb: stringType }),
  user: stringType,
  groups: listOf(stringType),
  extra: mapOf(listOf(stringType)),
  uid: stringType,
});

/** The environment of conditions about reviews. */
export const reviewEnvironment = extendEnvironment(kubernetesEnvironment, { variables: { request: requestType } });

/** The review with all texts that conditions may ask for, the empty ones, too. */
export function reviewVariable(spec: SubjectAccessReviewSpec): object {
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  const empty = Object.fromEntries(resourceTexts.map((name) => [name, '']));
  return {
    user: '',
    groups: [],
    uid: '',
    extra: {},
    ...spec,
    ...(resource ? { resourceAttributes: { ...empty, ...resource } } : {}),
    ...(other ? { nonResourceAttributes: { path: '', verb: '', ...other } } : {}),
  };
}
