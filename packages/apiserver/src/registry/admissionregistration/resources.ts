import {
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
} from '@typernetes/api/admissionregistration/v1';
import {
  validateMutatingWebhookConfiguration,
  validateValidatingWebhookConfiguration,
} from '@typernetes/api/validation';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { splitStatusStrategy, splitStrategy } from '../strategies.ts';
import {
  mutatingAdmissionPolicyPrinter,
  policyBindingPrinter,
  validatingAdmissionPolicyPrinter,
  webhookConfigurationPrinter,
} from './printers.ts';

/** Upstream still stores mutating policies in their beta version. */
const hashedVersion = 'admissionregistration.k8s.io/v1beta1';
const guarded = { allowUnconditionalUpdate: false } as const;

export const admissionregistrationResources: readonly ServedResource[] = [
  serve(mutatingadmissionpolicies, { strategy: guarded, printer: mutatingAdmissionPolicyPrinter, hashedVersion }),
  serve(mutatingadmissionpolicybindings, { strategy: guarded, printer: policyBindingPrinter, hashedVersion }),
  serve(mutatingwebhookconfigurations, {
    strategy: {
      ...guarded,
      validate: validateMutatingWebhookConfiguration,
      validateUpdate: validateMutatingWebhookConfiguration,
    },
    printer: webhookConfigurationPrinter,
  }),
  serve(validatingadmissionpolicies, {
    strategy: { ...splitStrategy, ...guarded },
    subresources: { status: part({ ...splitStatusStrategy, ...guarded, resetFields: ['spec', 'metadata'] }) },
    printer: validatingAdmissionPolicyPrinter,
  }),
  serve(validatingadmissionpolicybindings, { strategy: guarded, printer: policyBindingPrinter }),
  serve(validatingwebhookconfigurations, {
    strategy: {
      ...guarded,
      validate: validateValidatingWebhookConfiguration,
      validateUpdate: validateValidatingWebhookConfiguration,
    },
    printer: webhookConfigurationPrinter,
  }),
];
