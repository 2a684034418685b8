import * as admissionregistration from '@typernetes/api/admissionregistration/v1';
import * as apiextensions from '@typernetes/api/apiextensions/v1';
import * as apiregistration from '@typernetes/api/apiregistration/v1';
import * as apps from '@typernetes/api/apps/v1';
import * as autoscaling from '@typernetes/api/autoscaling/v2';
import * as batch from '@typernetes/api/batch/v1';
import * as certificates from '@typernetes/api/certificates/v1';
import * as coordination from '@typernetes/api/coordination/v1';
import * as core from '@typernetes/api/core/v1';
import * as discovery from '@typernetes/api/discovery/v1';
import * as networking from '@typernetes/api/networking/v1';
import * as policy from '@typernetes/api/policy/v1';
import * as rbac from '@typernetes/api/rbac/v1';
import * as scheduling from '@typernetes/api/scheduling/v1';
import * as storage from '@typernetes/api/storage/v1';
import type { ApiObject, ResourceType } from '@typernetes/machinery';

/** The built-in resources, in discovery's order. */
export const builtInResources: readonly ResourceType<ApiObject>[] = [
  core,
  apps,
  batch,
  networking,
  rbac,
  storage,
  policy,
  autoscaling,
  certificates,
  coordination,
  discovery,
  scheduling,
  apiextensions,
  apiregistration,
  admissionregistration,
].flatMap((group) => Object.values(group) as ResourceType<ApiObject>[]);

/** What servers have had in other versions, or not at all, within the last fifteen minor versions: 1.20 knows no CronJob of `batch/v1`. */
const cameLate: ReadonlySet<string> = new Set([
  'CSIDriver',
  'CSIStorageCapacity',
  'CertificateSigningRequest',
  'CronJob',
  'EndpointSlice',
  'HorizontalPodAutoscaler',
  'IPAddress',
  'Ingress',
  'IngressClass',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'PodDisruptionBudget',
  'ServiceCIDR',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'VolumeAttributesClass',
]);

/** The resources that every server has, for which no discovery is needed. Events' short name is that of two resources, of which discovery tells. */
export const wellKnownResources: readonly ResourceType<ApiObject>[] = builtInResources
  .filter(({ kind }) => !cameLate.has(kind))
  .map((type) => (type.kind === 'Event' ? { ...type, shortNames: [] } : type));
