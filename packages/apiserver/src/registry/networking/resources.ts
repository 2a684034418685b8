import {
  type Ingress,
  ingressclasses,
  ingresses,
  ipaddresses,
  type NetworkPolicy,
  networkpolicies,
  servicecidrs,
} from '@typernetes/api/networking/v1';
import {
  addressNameProblems,
  validateIngress,
  validateIngressClass,
  validateIngressClassUpdate,
  validateIngressStatus,
  validateIngressUpdate,
  validateIPAddress,
  validateIPAddressUpdate,
  validateNetworkPolicy,
  validateServiceCIDR,
  validateServiceCIDRUpdate,
} from '@typernetes/api/validation';
import { networkPolicyWarnings } from '@typernetes/api/warnings';
import type { ApiObject } from '@typernetes/machinery';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { contentStrategy, recordStrategy, splitStatusStrategy, splitStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';
import { ingressPrinter } from './ingress-printer.ts';
import { ingressClassPrinter, ipAddressPrinter, networkPolicyPrinter, serviceCIDRPrinter } from './printers.ts';

const classAnnotation = 'kubernetes.io/ingress.class';

const ingressStrategy: Strategy<Ingress> = {
  ...splitStrategy,
  prepareForCreate(next) {
    next.status = { loadBalancer: {} };
  },
  validate: validateIngress,
  validateUpdate: (next, current) => validateIngressUpdate(next, current),
  warningsOnCreate: function* ({ metadata, spec }) {
    if (metadata.annotations?.[classAnnotation] !== undefined && spec?.ingressClassName === undefined)
      yield `annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`;
  },
};

const ingressStatusStrategy: Strategy<Ingress> = {
  ...(splitStatusStrategy as Strategy<ApiObject>),
  validateUpdate: (next, current) => validateIngressStatus(next, current),
};

const networkPolicyStrategy: Strategy<NetworkPolicy> = {
  validate: (next) => validateNetworkPolicy(next),
  validateUpdate: (next, current) => validateNetworkPolicy(next, current),
  warningsOnCreate: networkPolicyWarnings,
  warningsOnUpdate: networkPolicyWarnings,
};

export const networkingResources: readonly ServedResource[] = [
  serve(ingressclasses, {
    strategy: { ...contentStrategy, validate: validateIngressClass, validateUpdate: validateIngressClassUpdate },
    printer: ingressClassPrinter,
  }),
  serve(ingresses, {
    prefix: 'ingress',
    strategy: ingressStrategy,
    subresources: { status: part(ingressStatusStrategy) },
    printer: ingressPrinter,
  }),
  serve(ipaddresses, {
    strategy: {
      ...recordStrategy,
      validateName: addressNameProblems,
      validate: validateIPAddress,
      validateUpdate: validateIPAddressUpdate,
    },
    printer: ipAddressPrinter,
  }),
  serve(networkpolicies, {
    strategy: networkPolicyStrategy,
    printer: networkPolicyPrinter,
  }),
  serve(servicecidrs, {
    strategy: {
      ...splitStrategy,
      validate: validateServiceCIDR,
      validateUpdate: validateServiceCIDRUpdate,
      keepsGeneration: true,
    },
    subresources: {
      status: part({ ...splitStatusStrategy, keepsGeneration: true, resetFields: ['metadata', 'spec'] }),
    },
    printer: serviceCIDRPrinter,
  }),
];
