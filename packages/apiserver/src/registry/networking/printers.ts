import type { IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '@typernetes/api/networking/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const ingressClassPrinter: Printer<IngressClass> = {
  columns: [nameColumn, text('Controller'), text('Parameters'), ageColumn],
  cells({ metadata, spec }, now) {
    const isDefault = metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
    const { kind, apiGroup, name } = spec.parameters ?? {};
    return [
      isDefault ? `${metadata.name} (default)` : metadata.name,
      spec.controller ?? '',
      spec.parameters ? `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}` : '<none>',
      age(metadata.creationTimestamp, now),
    ];
  },
};

export const networkPolicyPrinter: Printer<NetworkPolicy> = {
  columns: [nameColumn, text('Pod-Selector'), ageColumn],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    formatLabelSelector(spec.podSelector),
    age(metadata.creationTimestamp, now),
  ],
};

export const serviceCIDRPrinter: Printer<ServiceCIDR> = {
  columns: [nameColumn, text('CIDRs'), ageColumn],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    (spec.cidrs ?? []).join(','),
    age(metadata.creationTimestamp, now),
  ],
};

/** Rows have a third cell, the age, that no column names: so upstream's. */
export const ipAddressPrinter: Printer<IPAddress> = {
  columns: [nameColumn, text('ParentRef')],
  cells: ({ metadata, spec }, now) => [metadata.name, parent(spec.parentRef), age(metadata.creationTimestamp, now)],
};

function parent(reference: IPAddress['spec']['parentRef']): string {
  if (!reference) return '<none>';
  const { resource = '', group, namespace, name = '' } = reference;
  const type = (group ? `${resource}.${group}` : resource).toLowerCase();
  return [type, namespace, name].filter(Boolean).join('/');
}
