import type { StorageVersion } from '@typernetes/api/apiserverinternal/v1alpha1';
import type { ClusterTrustBundle, PodCertificateRequest } from '@typernetes/api/certificates/v1beta1';
import type { LeaseCandidate } from '@typernetes/api/coordination/v1beta1';
import type { DeviceTaintRule, ResourcePoolStatusRequest } from '@typernetes/api/resource/v1alpha3';
import type { PodGroup } from '@typernetes/api/scheduling/v1alpha2';
import type { StorageVersionMigration } from '@typernetes/api/storagemigration/v1beta1';
import { age, capped, labels } from '../cells.ts';
import { ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const clusterTrustBundlePrinter: Printer<ClusterTrustBundle> = {
  columns: [nameColumn, text('SignerName')],
  cells: ({ metadata, spec }) => [metadata.name, spec.signerName || '<none>'],
};

export const podCertificateRequestPrinter: Printer<PodCertificateRequest> = {
  columns: [
    nameColumn,
    text('PodName'),
    text('ServiceAccountName'),
    text('NodeName'),
    text('SignerName'),
    text('State'),
    text('UnverifiedUserAnnotations'),
  ],
  cells: ({ metadata, spec, status }) => [
    metadata.name,
    spec.podName,
    spec.serviceAccountName,
    spec.nodeName,
    spec.signerName,
    lastOf(status?.conditions, ['Issued', 'Denied', 'Failed']) ?? 'Pending',
    labels(spec.unverifiedUserAnnotations),
  ],
};

/** The type of the last condition among these. */
function lastOf(conditions: readonly { type: string }[] | undefined, types: readonly string[]): string | undefined {
  return conditions?.findLast(({ type }) => types.includes(type))?.type;
}

export const leaseCandidatePrinter: Printer<LeaseCandidate> = {
  columns: [nameColumn, text('LeaseName'), text('BinaryVersion'), text('EmulationVersion'), ageColumn],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.leaseName ?? '',
    spec?.binaryVersion ?? '',
    spec?.emulationVersion ?? '',
    age(metadata.creationTimestamp, now),
  ],
};

export const deviceTaintRulePrinter: Printer<DeviceTaintRule> = {
  columns: [nameColumn, text('Key'), text('Value'), text('Effect'), text('TimeAdded'), ageColumn],
  cells: ({ metadata, spec: { taint } }, now) => [
    metadata.name,
    taint.key,
    taint.value ?? '',
    taint.effect,
    taint.timeAdded ? age(taint.timeAdded, now) : '',
    age(metadata.creationTimestamp, now),
  ],
};

export const podGroupPrinter: Printer<PodGroup> = {
  columns: [nameColumn, text('Policy'), text('Workload'), text('Status'), ageColumn],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.schedulingPolicy.gang ? 'Gang' : 'Basic',
    spec.podGroupTemplateRef?.workload?.workloadName ?? '<none>',
    groupState(status?.conditions),
    age(metadata.creationTimestamp, now),
  ],
};

function groupState(conditions: NonNullable<PodGroup['status']>['conditions']): string {
  const disrupted = conditions?.find(({ type }) => type === 'DisruptionTarget');
  if (disrupted) return disrupted.reason;
  const scheduled = conditions?.find(({ type }) => type === 'PodGroupScheduled');
  if (!scheduled) return 'Pending';
  return scheduled.status === 'True' ? 'Scheduled' : 'Unschedulable';
}

export const storageVersionPrinter: Printer<StorageVersion> = {
  columns: [nameColumn, text('CommonEncodingVersion'), text('StorageVersions'), ageColumn],
  cells: ({ metadata, status }, now) => {
    const versions = status?.storageVersions ?? [];
    return [
      metadata.name,
      status?.commonEncodingVersion ?? '<unset>',
      versions.length === 0
        ? '<unset>'
        : capped(
            versions.map(({ apiServerID, encodingVersion }) => `${apiServerID}=${encodingVersion}`),
            3,
          ),
      age(metadata.creationTimestamp, now),
    ];
  },
};

export const storageVersionMigrationPrinter: Printer<StorageVersionMigration> = {
  columns: [{ name: 'Name', type: 'string' }, text('Resource'), text('Status')],
  cells: ({ metadata, spec: { resource }, status }) => [
    metadata.name,
    resource.group ? `${resource.resource}.${resource.group}` : resource.resource,
    lastOf(
      status?.conditions?.filter((condition) => condition.status === 'True'),
      ['Running', 'Failed', 'Succeeded'],
    ) ?? 'Unknown',
  ],
};

export const resourcePoolStatusRequestPrinter: Printer<ResourcePoolStatusRequest> = {
  columns: [
    nameColumn,
    text('Driver'),
    text('Total'),
    text('Available'),
    text('Allocated'),
    text('Unavailable'),
    text('Errors'),
    integer('Pools'),
    text('Status'),
    text('Completed'),
  ],
  cells: ({ metadata, spec, status }, now) => {
    const failed = status?.conditions?.some(({ type, status }) => type === 'Failed' && status === 'True') ?? false;
    const complete = status?.conditions?.find(({ type, status }) => type === 'Complete' && status === 'True');
    const pools = status?.pools ?? [];
    const sum = (of: (pool: (typeof pools)[number]) => number | undefined): string =>
      !status || failed ? '-' : String(pools.reduce((total, pool) => total + (of(pool) ?? 0), 0));
    return [
      metadata.name,
      spec.driver,
      sum((pool) => pool.totalDevices),
      sum((pool) => pool.availableDevices),
      sum((pool) => pool.allocatedDevices),
      sum((pool) => pool.unavailableDevices),
      sum((pool) => (pool.validationError ? 1 : 0)),
      status?.poolCount ?? 0,
      failed ? 'Failed' : complete ? completion(pools.length, status?.poolCount ?? 0) : 'Pending',
      complete ? age(complete.lastTransitionTime, now) : '<none>',
    ];
  },
};

const completion = (shown: number, all: number): string =>
  all > shown ? `Complete (${shown}/${all} pools)` : 'Complete';
