import * as admissionAlpha from '@typernetes/api/admissionregistration/v1alpha1';
import * as admissionBeta from '@typernetes/api/admissionregistration/v1beta1';
import { storageversions } from '@typernetes/api/apiserverinternal/v1alpha1';
import * as certificatesAlpha from '@typernetes/api/certificates/v1alpha1';
import {
  type ClusterTrustBundle,
  clustertrustbundles,
  type PodCertificateRequest,
  podcertificaterequests,
} from '@typernetes/api/certificates/v1beta1';
import * as coordinationAlpha from '@typernetes/api/coordination/v1alpha2';
import { leasecandidates } from '@typernetes/api/coordination/v1beta1';
import * as networkingBeta from '@typernetes/api/networking/v1beta1';
import { devicetaintrules, resourcepoolstatusrequests } from '@typernetes/api/resource/v1alpha3';
import * as resourceBeta1 from '@typernetes/api/resource/v1beta1';
import * as resourceBeta2 from '@typernetes/api/resource/v1beta2';
import { podgroups, workloads } from '@typernetes/api/scheduling/v1alpha2';
import * as storageBeta from '@typernetes/api/storage/v1beta1';
import { storageversionmigrations } from '@typernetes/api/storagemigration/v1beta1';
import {
  validateDeviceTaintRule,
  validateDeviceTaintRuleStatus,
  validateLeaseCandidate,
  validateResourcePoolStatusRequest,
  validateResourcePoolStatusRequestStatus,
  validateResourcePoolStatusRequestUpdate,
  validateStorageVersionMigration,
  validateStorageVersionMigrationStatus,
  validateStorageVersionMigrationUpdate,
  validateStorageVersionStatus,
} from '@typernetes/api/validation';
import type { ApiObject, ResourceType } from '@typernetes/machinery';
import {
  clusterTrustBundleStrategy,
  podCertificateRequestStatusStrategy,
  podCertificateRequestStrategy,
} from '../certificates/preview-strategies.ts';
import { nameAndAgePrinter } from '../printers.ts';
import { part, serve } from '../serve.ts';
import type { ServedResource, StoredForm } from '../served-resource.ts';
import { recordStrategy, splitStatusStrategy, splitStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';
import { claims, claimTemplates, slices } from './device-conversion.ts';
import {
  clusterTrustBundlePrinter,
  deviceTaintRulePrinter,
  leaseCandidatePrinter,
  podCertificateRequestPrinter,
  podGroupPrinter,
  resourcePoolStatusRequestPrinter,
  storageVersionMigrationPrinter,
  storageVersionPrinter,
} from './printers.ts';
import { podGroupStatusStrategy, podGroupStrategy, workloadStrategy } from './workload-strategies.ts';

type Conversion = Pick<StoredForm, 'toStored' | 'fromStored'>;

/** For versions whose types have the same members: only the name of the version differs, which the encoding sets. */
const sameShape: Conversion = { toStored: (served) => served, fromStored: (stored) => stored };

/** Another version of a resource: the same objects, stored in the other's version. */
function alias(type: ResourceType<ApiObject>, of: ServedResource, conversion = sameShape): ServedResource {
  const stored = of.storage?.storedAs?.type ?? of.type;
  const { status } = of.subresources;
  return {
    ...of,
    type,
    strategy: checkedAs(of.strategy, conversion),
    subresources:
      status?.via === 'strategy'
        ? { ...of.subresources, status: { ...status, strategy: checkedAs(status.strategy, conversion) } }
        : of.subresources,
    storage: { prefix: of.storage?.prefix ?? type.plural, storedAs: { type: stored, ...conversion } },
  };
}

/** The checks of the other version, which know its members only. */
function checkedAs(strategy: Strategy, conversion: Conversion): Strategy {
  if (conversion === sameShape) return strategy;
  const { validate, validateUpdate } = strategy;
  const { toStored } = conversion;
  return {
    ...strategy,
    ...(validate ? { validate: (next, context) => validate(toStored(next), context) } : {}),
    ...(validateUpdate
      ? { validateUpdate: (next, current, context) => validateUpdate(toStored(next), toStored(current), context) }
      : {}),
  };
}

const guarded = { allowUnconditionalUpdate: false } as const;

const bundleFields = {
  names: ['spec.signerName'],
  read: ({ spec }: ClusterTrustBundle) => ({ 'spec.signerName': spec.signerName ?? '' }),
};
const trustBundles = serve(clustertrustbundles, {
  strategy: clusterTrustBundleStrategy,
  printer: clusterTrustBundlePrinter,
  fields: bundleFields,
});
const candidates = serve(leasecandidates, {
  strategy: {
    ...recordStrategy,
    ...guarded,
    allowCreateOnUpdate: true,
    validate: validateLeaseCandidate,
    validateUpdate: validateLeaseCandidate,
  },
  printer: leaseCandidatePrinter,
});
const taintRules = serve(devicetaintrules, {
  strategy: {
    ...splitStrategy,
    validate: validateDeviceTaintRule,
    validateUpdate: validateDeviceTaintRule,
  },
  subresources: {
    status: part({
      ...splitStatusStrategy,
      resetFields: ['metadata', 'spec'],
      validateUpdate: validateDeviceTaintRuleStatus,
    }),
  },
  printer: deviceTaintRulePrinter,
});

/** Alpha and beta resources, served when `--runtime-config` asks for them; `stable` are those that share objects with them. */
export function previewResources(stable: readonly ServedResource[]): readonly ServedResource[] {
  const of = (group: string, plural: string): ServedResource => {
    const found = stable.find(({ type }) => type.group === group && type.plural === plural);
    if (!found) throw new Error(`Cannot serve other versions of "${plural}": it is not served itself`);
    return found;
  };
  const again = (type: ResourceType<ApiObject>, conversion?: Conversion) =>
    alias(type, of(type.group, type.plural), conversion);
  return [
    trustBundles,
    serve(podcertificaterequests, {
      strategy: podCertificateRequestStrategy,
      subresources: { status: part(podCertificateRequestStatusStrategy) },
      printer: podCertificateRequestPrinter,
      fields: {
        names: ['spec.signerName', 'spec.podName', 'spec.nodeName'],
        read: ({ spec }: PodCertificateRequest) => ({
          'spec.signerName': spec.signerName,
          'spec.podName': spec.podName,
          'spec.nodeName': spec.nodeName,
        }),
      },
    }),
    alias(certificatesAlpha.clustertrustbundles, trustBundles),
    again(networkingBeta.ipaddresses),
    again(networkingBeta.servicecidrs),
    again(storageBeta.volumeattributesclasses),
    again(admissionBeta.mutatingadmissionpolicies),
    again(admissionBeta.mutatingadmissionpolicybindings),
    again(admissionAlpha.mutatingadmissionpolicies),
    again(admissionAlpha.mutatingadmissionpolicybindings),
    serve(podgroups, {
      strategy: podGroupStrategy,
      subresources: { status: part(podGroupStatusStrategy) },
      printer: podGroupPrinter,
    }),
    serve(workloads, { strategy: workloadStrategy, printer: nameAndAgePrinter }),
    candidates,
    alias(coordinationAlpha.leasecandidates, candidates),
    again(resourceBeta2.deviceclasses),
    alias(resourceBeta2.devicetaintrules, taintRules),
    again(resourceBeta2.resourceclaims),
    again(resourceBeta2.resourceclaimtemplates),
    again(resourceBeta2.resourceslices),
    again(resourceBeta1.deviceclasses),
    again(resourceBeta1.resourceclaims, claims as unknown as Conversion),
    again(resourceBeta1.resourceclaimtemplates, claimTemplates as unknown as Conversion),
    again(resourceBeta1.resourceslices, slices as unknown as Conversion),
    taintRules,
    serve(resourcepoolstatusrequests, {
      strategy: {
        ...splitStrategy,
        ...guarded,
        keepsGeneration: true,
        validate: validateResourcePoolStatusRequest,
        validateUpdate: validateResourcePoolStatusRequestUpdate,
      },
      subresources: {
        status: part({
          ...splitStatusStrategy,
          keepsGeneration: true,
          resetFields: ['metadata', 'spec'],
          validateUpdate: validateResourcePoolStatusRequestStatus,
        }),
      },
      printer: resourcePoolStatusRequestPrinter,
    }),
    serve(storageversions, {
      strategy: { ...splitStrategy, ...guarded, keepsGeneration: true },
      subresources: {
        status: part({
          ...splitStatusStrategy,
          keepsGeneration: true,
          resetFields: ['metadata', 'spec'],
          validateUpdate: validateStorageVersionStatus,
        }),
      },
      printer: storageVersionPrinter,
    }),
    serve(storageversionmigrations, {
      strategy: {
        ...splitStrategy,
        ...guarded,
        keepsGeneration: true,
        validate: validateStorageVersionMigration,
        validateUpdate: validateStorageVersionMigrationUpdate,
      },
      subresources: {
        status: part({
          ...splitStatusStrategy,
          keepsGeneration: true,
          resetFields: ['metadata', 'spec'],
          validateUpdate: validateStorageVersionMigrationStatus,
        }),
      },
      printer: storageVersionMigrationPrinter,
    }),
  ];
}
