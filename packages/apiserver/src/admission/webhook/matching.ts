import type { NamedRuleWithOperations, RuleWithOperations } from '@typernetes/api/admissionregistration/v1';
import type { Namespace } from '@typernetes/api/core/v1';
import {
  type ApiObject,
  type LabelSelector,
  notFound,
  type ResourceType,
  type Selector,
  selectorFromObject,
} from '@typernetes/machinery';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionRequest } from '../admission-plugin.ts';
import { isNamespace, ruleMatches } from './rules.ts';

/** Resources that show the same objects in other versions or groups. */
export interface EquivalentResources {
  /** All but the resource itself; empty for most. */
  of(type: ResourceType<unknown>): readonly ResourceType<unknown>[];
  convert(object: ApiObject, from: ResourceType<unknown>, to: ResourceType<unknown>): ApiObject;
}

/** The rules and selectors that decide which writes a hook or policy handles. */
interface Criteria {
  readonly rules: readonly (RuleWithOperations | NamedRuleWithOperations)[];
  readonly excluded: readonly NamedRuleWithOperations[];
  readonly namespaceSelector: LabelSelector | undefined;
  readonly objectSelector: LabelSelector | undefined;
  /** `Exact` or `Equivalent`, the default. */
  readonly matchPolicy: string | undefined;
}

export interface MatchDeps {
  readonly namespaces: ObjectSource<Namespace>;
  readonly equivalents: EquivalentResources;
}

/** Objects that decide over admission are not themselves subject to it: nobody could mend a broken hook. */
export function isExempt({ resource }: Pick<AdmissionRequest, 'resource'>): boolean {
  return resource.group === 'admissionregistration.k8s.io' && exempt.has(resource.kind);
}

const exempt: ReadonlySet<string> = new Set([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
]);

/** Selects by criteria, compiled once. */
export class Matcher {
  readonly #criteria: Criteria;
  readonly #namespaces: Selector | undefined;
  readonly #objects: Selector | undefined;

  constructor(criteria: Criteria) {
    this.#criteria = criteria;
    this.#namespaces = narrowing(criteria.namespaceSelector);
    this.#objects = narrowing(criteria.objectSelector);
  }

  /**
   * The resource in whose version the hook wants the write; undefined if it does not match. Rejects with NotFound if
   * its namespace is missing.
   */
  async wanted(request: AdmissionRequest, deps: MatchDeps): Promise<ResourceType<unknown> | undefined> {
    const type = this.#ruled(request, deps.equivalents);
    if (!type) return undefined;
    if (this.#criteria.excluded.some((rule) => ruleMatches(rule, { ...request, resource: type }))) return undefined;
    if (this.#objects && !isLabelled(request, this.#objects)) return undefined;
    if (this.#namespaces) {
      const labels = await namespaceLabels(request, deps);
      if (labels && !this.#namespaces.matches(labels)) return undefined;
    }
    return type;
  }

  #ruled(request: AdmissionRequest, equivalents: EquivalentResources): ResourceType<unknown> | undefined {
    const { rules, matchPolicy } = this.#criteria;
    const isRuled = (resource: ResourceType<unknown>): boolean =>
      rules.some((rule) => ruleMatches(rule, { ...request, resource }));
    if (isRuled(request.resource)) return request.resource;
    return matchPolicy === 'Exact' ? undefined : equivalents.of(request.resource).find(isRuled);
  }
}

/** Undefined for selectors that select everything. */
function narrowing(selector: LabelSelector | undefined): Selector | undefined {
  const compiled = selector && selectorFromObject(selector);
  return compiled && compiled.requirements.length > 0 ? compiled : undefined;
}

/** Either state may match: otherwise removing the label would bypass the hook. */
function isLabelled({ object, oldObject }: AdmissionRequest, selector: Selector): boolean {
  return [object, oldObject].some((one) => one?.metadata !== undefined && selector.matches(one.metadata.labels));
}

/** Undefined for cluster-scoped objects: namespace selectors do not apply to them. */
async function namespaceLabels(request: AdmissionRequest, { namespaces }: MatchDeps) {
  // A namespace is judged by the labels that it will have, or had.
  if (isNamespace(request) && request.subresource === '')
    return (request.operation === 'DELETE' ? request.oldObject : request.object)?.metadata.labels ?? {};
  if (request.namespace === '' || !request.resource.namespaced) return undefined;
  const found = await namespaces.get(request.namespace);
  if (!found) throw notFound({ group: '', plural: 'namespaces' }, request.namespace);
  return found.metadata.labels ?? {};
}
