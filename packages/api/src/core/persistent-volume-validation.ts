import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { immutableDetail, notNegativeDetail, oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import { nodeSelectorTermsProblems } from './placement-validation.ts';
import { quantityOf } from './resources-validation.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
} from './v1.gen.ts';
import { noBacksteps } from './volume-files-validation.ts';
import { storageSourceProblems } from './volume-sources-validation.ts';
import { hostPathTypes, inOrder } from './volume-validation.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

/** Fields of a volume's spec other than its source. */
const ordinaryFields = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

function* accessModeProblems(modes: readonly string[] | undefined, at: string): Problems {
  for (const mode of modes ?? []) if (!accessModes.includes(mode)) yield unsupportedValue(at, mode, accessModes);
  if (modes?.includes('ReadWriteOncePod') && modes.length > 1) {
    yield forbiddenValue(at, 'may not use ReadWriteOncePod with other access modes');
  }
}

export function validatePersistentVolume({ spec }: PersistentVolume): FieldProblem[] {
  return [...volumeProblems(spec)];
}

/** The order in which upstream checks sources; others come after these. */
const sourceOrder = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
];

const sourceOf = (spec: PersistentVolumeSpec): [string, unknown][] =>
  Object.entries(spec).filter(([key, value]) => !ordinaryFields.has(key) && value != null);

function* volumeProblems(spec: PersistentVolumeSpec): Problems {
  if (!spec.accessModes?.length) yield requiredValue('spec.accessModes');
  yield* accessModeProblems(spec.accessModes, 'spec.accessModes');
  const capacity = spec.capacity ?? {};
  const resources = Object.keys(capacity);
  if (resources.length === 0) yield requiredValue('spec.capacity');
  if (resources.length !== 1 || capacity.storage === undefined)
    yield unsupportedValue('spec.capacity', spec.capacity, ['storage']);
  for (const [name, amount] of Object.entries(capacity)) {
    const quantity = quantityOf(amount);
    if (quantity && quantity.nanos < 0n) {
      yield invalidValue(`spec.capacity[${name}]`, awayFromZero(quantity.nanos), 'must be a valid resource quantity');
    }
    if (!quantity || quantity.nanos <= 0n) {
      yield invalidValue(`spec.capacity[${name}]`, amount, 'must be greater than zero');
    }
  }
  yield* oneOf(spec.persistentVolumeReclaimPolicy, {
    at: 'spec.persistentVolumeReclaimPolicy',
    of: ['Delete', 'Recycle', 'Retain'],
  });
  const sources = sourceOf(spec);
  if (sources.length === 0) yield requiredValue('spec', 'must specify a volume type');
  for (const [key] of inOrder(sources, sourceOrder).slice(1))
    yield forbiddenValue(`spec.${key}`, 'may not specify more than 1 volume type');
  yield* storageSourceProblems(spec, 'spec', { isPersistent: true });
  if (spec.hostPath) {
    if (!spec.hostPath.path) yield requiredValue('spec.hostPath.path');
    else yield* noBacksteps(spec.hostPath.path, 'spec.hostPath.path');
    yield* oneOf(spec.hostPath.type, { at: 'spec.hostPath.type', of: hostPathTypes });
  }
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    yield forbiddenValue('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'");
  }
  if (spec.local) {
    if (!spec.local.path) yield requiredValue('spec.local.path');
    if (!spec.nodeAffinity) yield requiredValue('spec.nodeAffinity', 'Local volume requires node affinity');
  }
  if (spec.nodeAffinity) {
    const path = 'spec.nodeAffinity.required';
    if (!spec.nodeAffinity.required) yield requiredValue(path, 'must specify required node constraints');
    else yield* nodeSelectorTermsProblems(spec.nodeAffinity.required.nodeSelectorTerms, `${path}.nodeSelectorTerms`);
  }
  yield* wellFormed(spec.storageClassName, { at: 'spec.storageClassName', by: subdomainProblems });
  yield* oneOf(spec.volumeMode, { at: 'spec.volumeMode', of: volumeModes });
  const { volumeAttributesClassName: attributes } = spec;
  if (attributes == null) return;
  if (attributes === '') yield requiredValue('spec.volumeAttributesClassName', 'an empty string is disallowed');
  yield* wellFormed(attributes, { at: 'spec.volumeAttributesClassName', by: subdomainProblems });
  if (!spec.csi) yield requiredValue('spec.csi', 'has to be specified when using volumeAttributesClassName');
}

const attributesPath = 'spec.volumeAttributesClassName';

export function validatePersistentVolumeUpdate(next: PersistentVolume, current: PersistentVolume): FieldProblem[] {
  const problems = [...volumeProblems(next.spec)];
  const [after, before] = [Object.fromEntries(sourceOf(next.spec)), Object.fromEntries(sourceOf(current.spec))];
  if (!jsonEqual(after, before)) {
    const diff = `-${JSON.stringify(before)}\n+${JSON.stringify(after)}`;
    const detail = `spec.persistentvolumesource is immutable after creation\n${diff}`;
    problems.push(forbiddenValue('spec.persistentvolumesource', detail));
  }
  if (next.spec.volumeMode !== current.spec.volumeMode) {
    // Upstream leaves the spec out of this path.
    problems.push(invalidValue('volumeMode', next.spec.volumeMode, immutableDetail));
  }
  if (current.spec.volumeAttributesClassName != null && next.spec.volumeAttributesClassName == null)
    problems.push(forbiddenValue(attributesPath, 'update from non-nil value to nil is forbidden'));
  if (current.spec.nodeAffinity && !jsonEqual(next.spec.nodeAffinity, current.spec.nodeAffinity)) {
    const detail = 'field is immutable, except for updating from beta label to GA';
    problems.push(invalidValue('spec.nodeAffinity', next.spec.nodeAffinity, detail));
  }
  return problems;
}

export function validatePersistentVolumeClaim({ spec }: PersistentVolumeClaim): FieldProblem[] {
  return [...claimProblems(spec, 'spec')];
}

export function* claimProblems(spec: PersistentVolumeClaimSpec, at: string): Problems {
  if (!spec.accessModes?.length) yield requiredValue(`${at}.accessModes`, 'at least 1 access mode is required');
  yield* labelSelectorProblems(spec.selector, `${at}.selector`);
  yield* accessModeProblems(spec.accessModes, `${at}.accessModes`);
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) yield requiredValue(`${at}.resources[storage]`);
  else {
    const quantity = quantityOf(storage);
    if (!quantity || quantity.nanos <= 0n) {
      yield invalidValue(`${at}.resources[storage]`, storage, 'must be greater than zero');
    }
  }
  yield* wellFormed(spec.storageClassName, { at: `${at}.storageClassName`, by: subdomainProblems });
  yield* oneOf(spec.volumeMode, { at: `${at}.volumeMode`, of: volumeModes });
  yield* dataSourceProblems(spec, at);
}

/** The data source: in the old field, in the newer one, or the same in both. */
function* dataSourceProblems({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, at: string): Problems {
  if (dataSourceRef) {
    if (!dataSourceRef.name) yield requiredValue(`${at}.dataSourceRef.name`);
    if (!dataSourceRef.kind) yield requiredValue(`${at}.dataSourceRef.kind`);
    yield* referentProblems(dataSourceRef, `${at}.dataSourceRef`);
    if (dataSourceRef.namespace)
      for (const detail of labelNameProblems(dataSourceRef.namespace))
        yield invalidValue(`${at}.dataSourceRef.namespace`, dataSourceRef.namespace, detail);
  }
  if (!dataSource) return;
  if (dataSourceRef?.namespace) {
    yield invalidValue(at, {}, 'may not be specified when dataSourceRef.namespace is specified');
  } else if (dataSourceRef) {
    const same = (['apiGroup', 'kind', 'name'] as const).every(
      (name) => (dataSource[name] ?? '') === (dataSourceRef[name] ?? ''),
    );
    if (!same) yield invalidValue(at, {}, 'must match dataSourceRef');
  }
  if (!dataSource.name) yield requiredValue(`${at}.dataSource.name`);
  if (!dataSource.kind) yield requiredValue(`${at}.dataSource.kind`);
  yield* referentProblems(dataSource, `${at}.dataSource`);
}

/** Of the core group, only claims can be data sources. */
function* referentProblems({ apiGroup, kind }: { apiGroup?: string; kind: string }, at: string): Problems {
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    yield invalidValue(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  if (apiGroup)
    for (const detail of subdomainProblems(apiGroup)) yield invalidValue(`${at}.apiGroup`, apiGroup, detail);
}

const claimDetail =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n';

export function validatePersistentVolumeClaimUpdate(
  next: PersistentVolumeClaim,
  current: PersistentVolumeClaim,
): FieldProblem[] {
  return [...claimProblems(next.spec, 'spec'), ...claimUpdateProblems(next, current)];
}

function* claimUpdateProblems({ spec: next }: PersistentVolumeClaim, current: PersistentVolumeClaim): Problems {
  const bound = current.status?.phase === 'Bound';
  const before = current.spec;
  const rest: PersistentVolumeClaimSpec = {
    ...next,
    volumeName: before.volumeName ? next.volumeName : before.volumeName,
    storageClassName: before.storageClassName == null ? before.storageClassName : next.storageClassName,
    volumeAttributesClassName: before.volumeAttributesClassName,
    resources: bound ? before.resources : next.resources,
  };
  if (!jsonEqual(rest, before)) {
    yield forbiddenValue('spec', `${claimDetail}-${JSON.stringify(before)}\n+${JSON.stringify(next)}`);
  }
  // Upstream leaves the spec out of this path.
  if (next.volumeMode !== before.volumeMode) yield invalidValue('volumeMode', next.volumeMode, immutableDetail);
  const attributes = next.volumeAttributesClassName;
  // A class that was set cannot be removed.
  if (
    attributes !== before.volumeAttributesClassName &&
    !attributes &&
    current.status?.currentVolumeAttributesClassName
  ) {
    const to = attributes === '' ? 'empty string' : 'nil';
    const detail = `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`;
    yield forbiddenValue(attributesPath, detail);
  }
  const [wanted, had] = [next.resources?.requests?.storage, before.resources?.requests?.storage];
  const capacity = current.status?.capacity?.storage;
  if (!wanted || !had || wanted === had) return;
  const [after, old, real] = [quantityOf(wanted), quantityOf(had), capacity ? quantityOf(capacity) : undefined];
  if (!after || !old || after.nanos >= old.nanos) return;
  if (!real || after.nanos <= real.nanos) {
    yield forbiddenValue('spec.resources.requests.storage', 'field can not be less than status.capacity');
  }
}

/** Capacity and allocated resources must not be negative. */
export function validatePersistentVolumeClaimStatus({ status }: PersistentVolumeClaim): FieldProblem[] {
  return Object.entries({ ...status?.capacity }).flatMap(([name, amount]) => {
    const quantity = quantityOf(amount);
    return quantity && quantity.nanos < 0n ? [invalidValue(`status.capacity[${name}]`, amount, notNegativeDetail)] : [];
  });
}

const nano = 1_000_000_000n;

/** A negative amount in whole units, as Go's `Value` rounds it. */
const awayFromZero = (nanos: bigint): number => Number((nanos - nano + 1n) / nano);
