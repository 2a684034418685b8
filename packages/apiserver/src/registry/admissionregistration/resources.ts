import {
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
} from '@typernetes/api/admissionregistration/v1';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import {
  mutatingAdmissionPolicyPrinter,
  policyBindingPrinter,
  validatingAdmissionPolicyPrinter,
  webhookConfigurationPrinter,
} from './printers.ts';
import {
  mutatingBindingStrategy,
  mutatingPolicyStrategy,
  mutatingWebhookStrategy,
  validatingBindingStrategy,
  validatingPolicyStatusStrategy,
  validatingPolicyStrategy,
  validatingWebhookStrategy,
} from './strategies.ts';

/** Upstream still stores mutating policies in their beta version. */
const hashedVersion = 'admissionregistration.k8s.io/v1beta1';

export const admissionregistrationResources: readonly ServedResource[] = [
  serve(mutatingadmissionpolicies, {
    strategy: mutatingPolicyStrategy,
    printer: mutatingAdmissionPolicyPrinter,
    hashedVersion,
  }),
  serve(mutatingadmissionpolicybindings, {
    strategy: mutatingBindingStrategy,
    printer: policyBindingPrinter,
    hashedVersion,
  }),
  serve(mutatingwebhookconfigurations, { strategy: mutatingWebhookStrategy, printer: webhookConfigurationPrinter }),
  serve(validatingadmissionpolicies, {
    strategy: validatingPolicyStrategy,
    subresources: { status: part(validatingPolicyStatusStrategy) },
    printer: validatingAdmissionPolicyPrinter,
  }),
  serve(validatingadmissionpolicybindings, { strategy: validatingBindingStrategy, printer: policyBindingPrinter }),
  serve(validatingwebhookconfigurations, { strategy: validatingWebhookStrategy, printer: webhookConfigurationPrinter }),
];
