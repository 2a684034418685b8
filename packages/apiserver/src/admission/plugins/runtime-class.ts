import type { Pod, Toleration } from '@typernetes/api/core/v1';
import type { RuntimeClass } from '@typernetes/api/node/v1';
import { hadEmptyMap } from '@typernetes/machinery';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

/** Adds the requirements of the runtime class to pods: its overhead, its node selector, and its tolerations. */
export function runtimeClass(deps: { readonly runtimeClasses: ObjectSource<RuntimeClass> }): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    concerns: (request) => request.operation === 'CREATE' && targetOf(request) === 'pods',
    handles: ({ object }) => {
      const { spec } = object as Pod;
      return !!spec.runtimeClassName || spec.overhead !== undefined || hadEmptyMap(spec, 'overhead');
    },
    admit: async (request) => {
      const { spec } = request.object as Pod;
      const name = spec.runtimeClassName;
      if (!name) return;
      const found = await deps.runtimeClasses.get(name);
      if (!found) throw refusal(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
      const overhead = found.overhead?.podFixed;
      if (overhead) {
        if (spec.overhead && !sameRecord(spec.overhead, overhead)) {
          throw refusal(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        }
        spec.overhead = { ...overhead };
      }
      for (const [key, value] of Object.entries(found.scheduling?.nodeSelector ?? {})) {
        const own = spec.nodeSelector?.[key];
        if (own !== undefined && own !== value) {
          const conflict = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
          throw refusal(request, conflict);
        }
        spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
      }
      const missing = (found.scheduling?.tolerations ?? []).filter(
        (one) => !spec.tolerations?.some((own) => same(own, one)),
      );
      if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing.map((one) => ({ ...one }))];
    },
    validate: async (request) => {
      const { spec } = request.object as Pod;
      const isEmpty = !spec.overhead || Object.keys(spec.overhead).length === 0;
      if (isEmpty && !hadEmptyMap(spec, 'overhead')) return;
      const found = spec.runtimeClassName ? await deps.runtimeClasses.get(spec.runtimeClassName) : undefined;
      if (!found?.overhead) {
        throw refusal(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
      }
    },
  };
}

function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((key) => a[key] === b[key]);
}

function same(a: Toleration, b: Toleration): boolean {
  return a.key === b.key && a.operator === b.operator && a.value === b.value && a.effect === b.effect;
}
