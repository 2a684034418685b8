import type {
  MutatingAdmissionPolicy,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '@typernetes/api/admissionregistration/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import { age } from '../cells.ts';
import { ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

/** For validating and mutating configurations. */
export const webhookConfigurationPrinter: Printer<
  Pick<ValidatingWebhookConfiguration, 'metadata'> & { webhooks?: unknown[] }
> = {
  columns: [nameColumn, integer('Webhooks'), ageColumn],
  cells: ({ metadata, webhooks }, now) => [metadata.name, webhooks?.length ?? 0, age(metadata.creationTimestamp, now)],
};

export const validatingAdmissionPolicyPrinter: Printer<ValidatingAdmissionPolicy> = {
  columns: [nameColumn, integer('Validations'), text('ParamKind'), ageColumn],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.validations?.length ?? 0,
    paramKindText(spec.paramKind),
    age(metadata.creationTimestamp, now),
  ],
};

export const mutatingAdmissionPolicyPrinter: Printer<MutatingAdmissionPolicy> = {
  columns: [nameColumn, integer('Mutations'), text('ParamKind'), ageColumn],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.mutations?.length ?? 0,
    paramKindText(spec.paramKind),
    age(metadata.creationTimestamp, now),
  ],
};

/** Bindings of both kinds of policy. */
export const policyBindingPrinter: Printer<Pick<ValidatingAdmissionPolicyBinding, 'metadata' | 'spec'>> = {
  columns: [nameColumn, text('PolicyName'), text('ParamRef'), ageColumn],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.policyName ?? '',
    paramText(spec.paramRef),
    age(metadata.creationTimestamp, now),
  ],
};

function paramKindText(kind: ParamKind | undefined): string {
  return kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>';
}

function paramText(reference: ParamRef | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`;
  return reference?.selector ? formatLabelSelector(reference.selector) : '<unset>';
}
