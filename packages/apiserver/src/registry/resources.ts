import { customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { apiservices } from '@typernetes/api/apiregistration/v1';
import { selfsubjectreviews, tokenreviews } from '@typernetes/api/authentication/v1';
import {
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
} from '@typernetes/api/authorization/v1';
import { certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { leases } from '@typernetes/api/coordination/v1';
import { endpointslices } from '@typernetes/api/discovery/v1';
import { flowschemas, prioritylevelconfigurations } from '@typernetes/api/flowcontrol/v1';
import { runtimeclasses } from '@typernetes/api/node/v1';
import { poddisruptionbudgets } from '@typernetes/api/policy/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import {
  validateFlowSchema,
  validateFlowSchemaStatus,
  validatePriorityLevelConfiguration,
  validatePriorityLevelConfigurationStatus,
  validateRuntimeClass,
  validateRuntimeClassUpdate,
} from '@typernetes/api/validation';
import { runtimeClassWarnings } from '@typernetes/api/warnings';
import { admissionregistrationResources } from './admissionregistration/resources.ts';
import { appsResources } from './apps/resources.ts';
import { autoscalingResources } from './autoscaling/resources.ts';
import { batchResources } from './batch/resources.ts';
import {
  certificateSigningRequestApprovalStrategy,
  certificateSigningRequestStatusStrategy,
  certificateSigningRequestStrategy,
} from './certificates/certificate-signing-request.ts';
import { certificateSigningRequestPrinter } from './certificates/certificate-signing-request-printer.ts';
import { leaseStrategy } from './coordination/lease.ts';
import { leasePrinter } from './coordination/lease-printer.ts';
import { coreResources } from './core/resources.ts';
import { endpointSliceStrategy } from './discovery/endpoint-slice.ts';
import { endpointSlicePrinter } from './discovery/endpoint-slice-printer.ts';
import { eventsResources } from './events/resources.ts';
import { apiServiceStrategy } from './extension/api-service.ts';
import { apiServicePrinter } from './extension/api-service-printer.ts';
import { customResourceDefinitionStrategy } from './extension/custom-resource-definition.ts';
import { flowSchemaPrinter, priorityLevelConfigurationPrinter } from './flowcontrol/printers.ts';
import { networkingResources } from './networking/resources.ts';
import { runtimeClassPrinter } from './node/runtime-class-printer.ts';
import { podDisruptionBudgetStatusStrategy, podDisruptionBudgetStrategy } from './policy/pod-disruption-budget.ts';
import { podDisruptionBudgetPrinter } from './policy/pod-disruption-budget-printer.ts';
import { previewResources } from './previews/resources.ts';
import { rbacResources } from './rbac/resources.ts';
import { resourceResources } from './resource/resources.ts';
import { priorityClassStrategy } from './scheduling/priority-class.ts';
import { priorityClassPrinter } from './scheduling/priority-class-printer.ts';
import { answer, part, serve } from './serve.ts';
import type { ServedResource } from './served-resource.ts';
import { settingsResources } from './settings/resources.ts';
import { storageResources } from './storage/resources.ts';
import { recordStrategy, splitStatusStrategy, splitStrategy, statusAloneStrategy } from './strategies.ts';

const stableResources: readonly ServedResource[] = [
  ...coreResources,
  serve(apiservices, {
    prefix: 'apiregistration.k8s.io/apiservices',
    strategy: apiServiceStrategy,
    subresources: {
      status: part({
        ...statusAloneStrategy,
        allowUnconditionalUpdate: false,
        keepsGeneration: true,
      }),
    },
    printer: apiServicePrinter,
  }),
  ...appsResources,
  ...eventsResources,
  answer(selfsubjectreviews),
  answer(tokenreviews),
  answer(localsubjectaccessreviews),
  answer(selfsubjectaccessreviews),
  answer(selfsubjectrulesreviews),
  answer(subjectaccessreviews),
  ...autoscalingResources,
  ...batchResources,
  serve(certificatesigningrequests, {
    strategy: certificateSigningRequestStrategy,
    subresources: {
      approval: part(certificateSigningRequestApprovalStrategy),
      status: part(certificateSigningRequestStatusStrategy),
    },
    printer: certificateSigningRequestPrinter,
    fields: {
      names: ['spec.signerName'],
      read: ({ spec }) => ({ 'spec.signerName': spec.signerName ?? '' }),
    },
  }),
  ...networkingResources,
  serve(poddisruptionbudgets, {
    strategy: podDisruptionBudgetStrategy,
    subresources: { status: part(podDisruptionBudgetStatusStrategy) },
    printer: podDisruptionBudgetPrinter,
  }),
  ...rbacResources,
  ...storageResources,
  ...admissionregistrationResources,
  serve(customresourcedefinitions, {
    prefix: 'apiextensions.k8s.io/customresourcedefinitions',
    strategy: customResourceDefinitionStrategy,
    subresources: { status: part({ ...splitStatusStrategy, allowUnconditionalUpdate: false }) },
    // Upstream still stores definitions in their beta version.
    hashedVersion: 'apiextensions.k8s.io/v1beta1',
  }),
  serve(priorityclasses, { strategy: priorityClassStrategy, printer: priorityClassPrinter }),
  ...settingsResources,
  serve(leases, { strategy: leaseStrategy, printer: leasePrinter }),
  serve(runtimeclasses, {
    strategy: {
      ...recordStrategy,
      validate: validateRuntimeClass,
      validateUpdate: validateRuntimeClassUpdate,
      warningsOnCreate: runtimeClassWarnings,
      warningsOnUpdate: runtimeClassWarnings,
      anyFinalizer: true,
      allowCreateOnUpdate: true,
      allowUnconditionalUpdate: false,
    },
    printer: runtimeClassPrinter,
  }),
  serve(endpointslices, { strategy: endpointSliceStrategy, printer: endpointSlicePrinter }),
  ...resourceResources,
  serve(flowschemas, {
    strategy: { ...splitStrategy, validate: validateFlowSchema, validateUpdate: validateFlowSchema },
    subresources: {
      status: part({
        ...statusAloneStrategy,
        validateUpdate: validateFlowSchemaStatus,
        resetFields: ['metadata', 'spec'],
      }),
    },
    printer: flowSchemaPrinter,
  }),
  serve(prioritylevelconfigurations, {
    strategy: {
      ...splitStrategy,
      validate: validatePriorityLevelConfiguration,
      validateUpdate: validatePriorityLevelConfiguration,
    },
    subresources: {
      status: part({
        ...statusAloneStrategy,
        validateUpdate: validatePriorityLevelConfigurationStatus,
      }),
    },
    printer: priorityLevelConfigurationPrinter,
  }),
];

/** All resources that a server can serve, in discovery order. `--runtime-config` selects among them. */
export const builtInResources: readonly ServedResource[] = inGroups([
  ...stableResources,
  ...previewResources(stableResources),
]);

/** Sorted by group, the groups in the order of their first resource. */
function inGroups(resources: readonly ServedResource[]): ServedResource[] {
  const groups = Map.groupBy(resources, ({ type }) => type.group);
  return [...groups.values()].flat();
}
