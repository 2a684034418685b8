import type { MatchResources, ParamRef } from '@typernetes/api/admissionregistration/v1';
import type { Informer } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import { matcherOf } from './compiled-policy.ts';
import type { CompiledBinding } from './invocations.ts';

interface Binding extends ApiObject {
  readonly spec: {
    readonly policyName?: string;
    readonly paramRef?: ParamRef;
    readonly matchResources?: MatchResources;
  };
}

type Followed<T> = Pick<Informer<T>, 'lister' | 'onEvent'>;

/** A policy that something binds. */
export interface BoundPolicy<C, B extends Binding> {
  readonly policy: C;
  readonly bindings: readonly { readonly binding: B; readonly compiled: CompiledBinding }[];
}

/** The policies that are bound as of now, in the order of their names; each is compiled once for as long as it stays as it is. */
export function followPolicies<P extends ApiObject, B extends Binding, C>(
  policies: Followed<P>,
  bindings: Followed<B>,
  compile: (policy: P) => C,
): () => readonly BoundPolicy<C, B>[] {
  const known = new WeakMap<P, C>();
  let current: readonly BoundPolicy<C, B>[] | undefined;
  const forget = (): void => {
    current = undefined;
  };
  policies.onEvent({ added: forget, updated: forget, deleted: forget });
  bindings.onEvent({ added: forget, updated: forget, deleted: forget });
  return () => {
    current ??= bound(policies.lister.list(), bindings.lister.list(), (policy) => {
      const compiled = known.get(policy) ?? compile(policy);
      known.set(policy, compiled);
      return compiled;
    });
    return current;
  };
}

function bound<P extends ApiObject, B extends Binding, C>(
  policies: readonly P[],
  bindings: readonly B[],
  compile: (policy: P) => C,
): BoundPolicy<C, B>[] {
  if (bindings.length === 0) return [];
  return byName(policies).flatMap((policy) => {
    const own = byName(bindings).filter(({ spec }) => spec.policyName === policy.metadata.name);
    if (own.length === 0) return [];
    return [
      {
        policy: compile(policy),
        bindings: own.map((binding) => ({
          binding,
          compiled: {
            name: binding.metadata.name,
            matcher: binding.spec.matchResources && matcherOf(binding.spec.matchResources),
            paramRef: binding.spec.paramRef,
          },
        })),
      },
    ];
  });
}

const byName = <T extends ApiObject>(objects: readonly T[]): T[] =>
  [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
