import type { Pod } from '@typernetes/api/core/v1';
import type { PriorityClass } from '@typernetes/api/scheduling/v1';
import type { Lister } from '@typernetes/client';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';
import { systemPriorityClasses } from '../system-priority-classes.ts';

/** Classes that count before they are stored, so that the control plane's own pods can be written from the first moment. */
const systemClasses: ReadonlyMap<string, number> = new Map(
  systemPriorityClasses.map(({ name, value }) => [name, value]),
);

const classTarget = 'priorityclasses.scheduling.k8s.io';
type Policy = NonNullable<Pod['spec']['preemptionPolicy']>;

/** Gives pods the number behind their priority class, or that of the class that is the default. */
export function priority(deps: {
  readonly priorityClasses: Pick<Lister<PriorityClass>, 'get' | 'list'>;
}): AdmissionPlugin {
  return {
    name: 'Priority',
    concerns: (request) =>
      (request.operation === 'CREATE' && ['pods', classTarget].includes(targetOf(request))) ||
      (request.operation === 'UPDATE' && targetOf(request) === classTarget),
    admit: (request) => {
      if (targetOf(request) === 'pods') admitPod(request, deps.priorityClasses);
    },
    validate: (request) => {
      if (targetOf(request) === classTarget) validateClass(request, deps.priorityClasses);
    },
  };
}

function admitPod(request: AdmissionRequest, classes: Pick<Lister<PriorityClass>, 'get' | 'list'>): void {
  const { spec } = request.object as Pod;
  const asked = spec.priority;
  const found = spec.priorityClassName ? classNamed(spec.priorityClassName, classes) : defaultClass(classes.list());
  if (!found) {
    throw refusal(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
  }
  if (asked !== undefined && asked !== found.value) {
    throw refusal(
      request,
      `the integer value of priority (${asked}) must not be provided in pod spec; priority admission controller computed ${found.value} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== found.policy) {
    throw refusal(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${found.policy} from the given PriorityClass name`,
    );
  }
  if (found.name) spec.priorityClassName = found.name;
  spec.priority = found.value;
  spec.preemptionPolicy = found.policy;
}

interface Found {
  readonly name: string;
  readonly value: number;
  readonly policy: Policy;
}

function classNamed(name: string, classes: Pick<Lister<PriorityClass>, 'get'>): Found | undefined {
  const own = classes.get(name);
  if (own) return foundOf(own);
  const value = systemClasses.get(name);
  return value === undefined ? undefined : { name, value, policy: 'PreemptLowerPriority' };
}

function defaultClass(all: readonly PriorityClass[]): Found {
  const defaults = all.filter((one) => one.globalDefault).sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
  // Two servers may each have admitted a default: the lowest wins, since it takes the least from others.
  return defaults[0] ? foundOf(defaults[0]) : { name: '', value: 0, policy: 'PreemptLowerPriority' };
}

function foundOf({ metadata, value = 0, preemptionPolicy }: PriorityClass): Found {
  return { name: metadata.name, value, policy: (preemptionPolicy ?? 'PreemptLowerPriority') as Policy };
}

function validateClass(request: AdmissionRequest, classes: Pick<Lister<PriorityClass>, 'list'>): void {
  const next = request.object as PriorityClass;
  // A new class is not the one whose name it takes.
  const isItself = ({ metadata }: PriorityClass): boolean =>
    request.operation === 'UPDATE' && metadata.name === next.metadata.name;
  const other = classes.list().find((one) => one.globalDefault && !isItself(one));
  if (next.globalDefault && other) {
    const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
    throw refusal(request, why);
  }
}
