import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '@typernetes/api/apiextensions/v1';
import { isConditionTrue, withCondition } from '@typernetes/machinery';
import { caBundleProblem } from '../../webhook/ca-bundle.ts';
import { caBundleOf } from './conversion-authorities.ts';

interface Conflict {
  readonly reason: string;
  readonly message: string;
}

/** The status of a definition: which names it gets, beside what others of its group have already. */
export function planStatus(
  { spec, status }: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: string,
): CustomResourceDefinitionStatus {
  const taken = takenNames(others);
  const { accepted, conflict } = acceptNames(spec.names, status?.acceptedNames, taken);
  let conditions: CustomResourceDefinitionCondition[] = status?.conditions ?? [];
  const set = (condition: CustomResourceDefinitionCondition): void => {
    conditions = withCondition(conditions, condition, { now });
  };
  set(
    conflict
      ? { type: 'NamesAccepted', status: 'False', ...conflict }
      : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
  );
  const bundle = caBundleOf(spec);
  const isKnown = bundle === undefined || isConditionTrue(conditions, 'Established') || !caBundleProblem(bundle);
  if (!conflict && !isKnown) {
    const message = 'The conversion webhook CABundle is invalid';
    set({ type: 'Established', status: 'False', reason: 'InvalidCABundle', message });
  } else if (!conflict) {
    set({
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    });
  } else if (!isConditionTrue(conditions, 'Established')) {
    set({ type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' });
  }
  return { ...status, acceptedNames: accepted, conditions };
}

interface Taken {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

function takenNames(others: readonly CustomResourceDefinition[]): Taken {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of others) {
    const names = status?.acceptedNames;
    if (!names) continue;
    for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])]) if (name) resources.add(name);
    for (const kind of [names.kind, names.listKind]) if (kind) kinds.add(kind);
  }
  return { resources, kinds };
}

function acceptNames(
  wanted: CustomResourceDefinitionNames,
  before: CustomResourceDefinitionNames | undefined,
  { resources, kinds }: Taken,
): { accepted: CustomResourceDefinitionNames; conflict: Conflict | undefined } {
  const accepted: CustomResourceDefinitionNames = { ...(before ?? { plural: '', kind: '' }) };
  let conflict: Conflict | undefined;
  const inUse = (name: string | undefined, taken: ReadonlySet<string>, reason: string): boolean => {
    if (!name || !taken.has(name)) return false;
    conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
    return true;
  };
  if (!inUse(wanted.plural, resources, 'PluralConflict')) accepted.plural = wanted.plural;
  if (!inUse(wanted.singular, resources, 'SingularConflict')) accepted.singular = wanted.singular;
  const short = wanted.shortNames ?? [];
  if (!short.some((name) => inUse(name, resources, 'ShortNamesConflict'))) {
    if (short.length > 0) accepted.shortNames = short;
    else delete accepted.shortNames;
  }
  if (!inUse(wanted.kind, kinds, 'KindConflict')) accepted.kind = wanted.kind;
  if (!inUse(wanted.listKind, kinds, 'ListKindConflict')) accepted.listKind = wanted.listKind;
  if (wanted.categories?.length) accepted.categories = wanted.categories;
  else delete accepted.categories;
  return { accepted, conflict };
}
