import {
  bindings,
  componentstatuses,
  configmaps,
  type Endpoints,
  endpoints,
  events,
  limitranges,
  namespaces,
  nodes,
  type PodTemplate,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  podtemplates,
  replicationcontrollers,
  resourcequotas,
  secrets,
  serviceaccounts,
  services,
} from '@typernetes/api/core/v1';
import {
  validateConfigMap,
  validateConfigMapUpdate,
  validateEndpoints,
  validateLimitRange,
  validatePodTemplate,
} from '@typernetes/api/validation';
import { endpointsWarnings, podTemplateWarnings } from '@typernetes/api/warnings';
import { nameAndAgePrinter } from '../printers.ts';
import { answer, handled, part, scalePart, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { contentStrategy, recordStrategy } from '../strategies.ts';
import { componentStatusPrinter } from './component-status-printer.ts';
import { configMapPrinter, secretPrinter } from './configuration-printers.ts';
import { endpointsPrinter } from './endpoints-printer.ts';
import { eventStrategy } from './event.ts';
import { eventPrinter } from './event-printer.ts';
import { namespaceFinalizeStrategy, namespaceStatusStrategy, namespaceStrategy } from './namespace.ts';
import { namespacePrinter } from './namespace-printer.ts';
import { nodeStatusStrategy, nodeStrategy } from './node.ts';
import { nodePrinter } from './node-printer.ts';
import { persistentVolumeStatusStrategy, persistentVolumeStrategy } from './persistent-volume.ts';
import { persistentVolumeClaimStatusStrategy, persistentVolumeClaimStrategy } from './persistent-volume-claim.ts';
import { persistentVolumeClaimPrinter, persistentVolumePrinter } from './persistent-volume-printers.ts';
import { podEphemeralContainersStrategy, podResizeStrategy, podStatusStrategy, podStrategy } from './pod.ts';
import { podPrinter } from './pod-printer.ts';
import { replicationControllerStatusStrategy, replicationControllerStrategy } from './replication-controller.ts';
import { podTemplatePrinter, replicationControllerPrinter } from './replication-controller-printer.ts';
import { resourceQuotaStatusStrategy, resourceQuotaStrategy } from './resource-quota.ts';
import { resourceQuotaPrinter } from './resource-quota-printer.ts';
import { secretStrategy } from './secret.ts';
import {
  eventFields,
  namespaceFields,
  nodeFields,
  podFields,
  replicationControllerFields,
  secretFields,
  serviceFields,
} from './selectable-fields.ts';
import { serviceStatusStrategy, serviceStrategy } from './service.ts';
import { serviceAccountStrategy } from './service-account.ts';
import { servicePrinter } from './service-printer.ts';

const connected = ['create', 'get'] as const;
const proxied = ['create', 'delete', 'get', 'patch', 'update'] as const;

export const coreResources: readonly ServedResource[] = [
  answer(bindings),
  answer(componentstatuses, { verbs: ['get', 'list'], printer: componentStatusPrinter }),
  serve(configmaps, {
    strategy: { ...recordStrategy, validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
    printer: configMapPrinter,
  }),
  serve(endpoints, {
    prefix: 'services/endpoints',
    strategy: {
      ...recordStrategy,
      allowCreateOnUpdate: true,
      validate: (next: Endpoints) => validateEndpoints(next),
      validateUpdate: (next: Endpoints, current: Endpoints) => validateEndpoints(next, current),
      warningsOnCreate: endpointsWarnings,
      warningsOnUpdate: endpointsWarnings,
    },
    printer: endpointsPrinter,
  }),
  serve(events, { strategy: eventStrategy, printer: eventPrinter, fields: eventFields }),
  serve(limitranges, {
    strategy: {
      ...recordStrategy,
      // The only kind that needs no name: as upstream, one is generated.
      prepareForCreate({ metadata }) {
        metadata.name ||= metadata.uid;
      },
      validate: validateLimitRange,
      validateUpdate: validateLimitRange,
      allowCreateOnUpdate: true,
    },
  }),
  serve(namespaces, {
    strategy: namespaceStrategy,
    // Deleting a namespace deletes its content, so there is no way to delete all at once.
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    subresources: {
      finalize: part(namespaceFinalizeStrategy, ['update']),
      status: part(namespaceStatusStrategy),
    },
    printer: namespacePrinter,
    fields: namespaceFields,
  }),
  serve(nodes, {
    prefix: 'minions',
    strategy: nodeStrategy,
    subresources: {
      proxy: handled('NodeProxyOptions', { verbs: proxied }),
      status: part(nodeStatusStrategy),
    },
    printer: nodePrinter,
    fields: nodeFields,
  }),
  serve(persistentvolumeclaims, {
    strategy: persistentVolumeClaimStrategy,
    subresources: { status: part(persistentVolumeClaimStatusStrategy) },
    printer: persistentVolumeClaimPrinter,
  }),
  serve(persistentvolumes, {
    strategy: persistentVolumeStrategy,
    subresources: { status: part(persistentVolumeStatusStrategy) },
    printer: persistentVolumePrinter,
  }),
  serve(pods, {
    strategy: podStrategy,
    subresources: {
      attach: handled('PodAttachOptions', { verbs: connected }),
      binding: handled('Binding', { verbs: ['create'] }),
      ephemeralcontainers: part(podEphemeralContainersStrategy),
      eviction: handled('Eviction', { verbs: ['create'], group: 'policy' }),
      exec: handled('PodExecOptions', { verbs: connected }),
      log: handled('Pod', { verbs: ['get'] }),
      portforward: handled('PodPortForwardOptions', { verbs: connected }),
      proxy: handled('PodProxyOptions', { verbs: proxied }),
      resize: part(podResizeStrategy),
      status: part(podStatusStrategy),
    },
    printer: podPrinter,
    fields: podFields,
  }),
  serve(podtemplates, {
    strategy: {
      ...contentStrategy,
      validate: validatePodTemplate,
      validateUpdate: validatePodTemplate,
      warningsOnCreate: ({ template }: PodTemplate) => podTemplateWarnings(template, 'template'),
      warningsOnUpdate: ({ template }: PodTemplate) => podTemplateWarnings(template, 'template'),
    },
    printer: podTemplatePrinter,
  }),
  serve(replicationcontrollers, {
    prefix: 'controllers',
    strategy: replicationControllerStrategy,
    subresources: { scale: scalePart, status: part(replicationControllerStatusStrategy) },
    printer: replicationControllerPrinter,
    fields: replicationControllerFields,
  }),
  serve(resourcequotas, {
    strategy: resourceQuotaStrategy,
    subresources: { status: part(resourceQuotaStatusStrategy) },
    printer: resourceQuotaPrinter,
  }),
  serve(secrets, {
    strategy: secretStrategy,
    printer: secretPrinter,
    fields: secretFields,
  }),
  serve(serviceaccounts, {
    strategy: serviceAccountStrategy,
    subresources: { token: handled('TokenRequest', { verbs: ['create'], group: 'authentication.k8s.io' }) },
    printer: nameAndAgePrinter,
  }),
  serve(services, {
    prefix: 'services/specs',
    strategy: serviceStrategy,
    subresources: {
      proxy: handled('ServiceProxyOptions', { verbs: proxied }),
      status: part(serviceStatusStrategy),
    },
    printer: servicePrinter,
    fields: serviceFields,
    allocator: 'services',
  }),
];
