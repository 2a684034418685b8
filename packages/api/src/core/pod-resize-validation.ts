import { type FieldProblem, forbiddenValue, invalidValue, jsonEqual } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { qosClassOf } from './pod-resources.ts';
import { isMirrorPod } from './pod-status.ts';
import { resourceProblems } from './resources-validation.ts';
import type { Container, Pod, ResourceRequirements } from './v1.gen.ts';

/** `/resize`: cpu and memory of containers that run, within the class of service that the pod has. */
export function validatePodResize(next: Pod, current: Pod): FieldProblem[] {
  return [...podProblems(next, current)];
}

function* podProblems(next: Pod, current: Pod): Problems {
  if (isMirrorPod(current)) yield forbiddenValue('', 'static pods cannot be resized');
  if (current.spec.os?.name === 'windows') yield forbiddenValue('', 'windows pods cannot be resized');
  if (qosClassOf(next.spec) !== (current.status?.qosClass ?? qosClassOf(current.spec))) {
    yield invalidValue('spec', qosClassOf(next.spec), 'Pod QOS Class may not change as a result of resizing');
  }
  yield* containersProblems(next.spec.containers, { current: current.spec.containers, at: 'spec.containers' });
  const sidecars = { current: current.spec.initContainers ?? [], at: 'spec.initContainers' };
  yield* containersProblems(next.spec.initContainers ?? [], sidecars);
  for (const [i, container] of (next.spec.initContainers ?? []).entries()) {
    const old = sidecars.current[i];
    if (container.restartPolicy !== 'Always' && !jsonEqual(container.resources, old?.resources)) {
      yield forbiddenValue('spec', 'resources for non-sidecar init containers are immutable');
    }
  }
}

interface Before {
  readonly current: readonly Container[];
  readonly at: string;
}

function* containersProblems(next: readonly Container[], { current, at }: Before): Problems {
  for (const [i, { resources = {} }] of next.entries()) {
    const old = current[i]?.resources ?? {};
    if (jsonEqual(resources, old)) continue;
    const path = `${at}[${i}].resources`;
    yield* resourceProblems(resources, path);
    for (const side of ['requests', 'limits'] as const) {
      if (lost(resources[side], old[side])) {
        yield forbiddenValue(`${path}.${side}`, `resource ${side} cannot be removed`);
      }
    }
    if (!jsonEqual(fixedPart(resources), fixedPart(old))) {
      yield forbiddenValue('spec', 'only cpu and memory resources are mutable');
    }
  }
}

type Amounts = Readonly<Record<string, string>>;

const lost = (next: Amounts = {}, current: Amounts = {}): boolean =>
  ['cpu', 'memory'].some((name) => name in current && !(name in next));

/** Everything but cpu and memory. */
function fixedPart({ requests, limits, ...rest }: ResourceRequirements): object {
  const others = (amounts: Amounts = {}): Amounts => {
    const { cpu: _cpu, memory: _memory, ...kept } = amounts;
    return kept;
  };
  return { ...rest, requests: others(requests), limits: others(limits) };
}
