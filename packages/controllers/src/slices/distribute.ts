import type { Endpoint, EndpointPort, EndpointSlice } from '@typernetes/api/discovery/v1';
import { type Draft, jsonEqual, type OwnerReference } from '@typernetes/machinery';

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const serviceNameLabel = 'kubernetes.io/service-name';

export interface SlicePlan {
  readonly create: readonly Draft<EndpointSlice>[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** Endpoints that share address family and ports share slices. */
export interface SliceGroup {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Endpoint[];
}

interface SliceForm {
  /** The service's name. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: OwnerReference;
  /** The maximum per slice. */
  readonly maxEndpoints: number;
}

/** The changes to the existing slices so that they hold the groups. */
export function distribute(
  groups: readonly SliceGroup[],
  existing: readonly EndpointSlice[],
  form: SliceForm,
): SlicePlan {
  const plan = { create: [] as Draft<EndpointSlice>[], update: [] as EndpointSlice[], remove: [] as EndpointSlice[] };
  const unused = new Set(existing);
  const { labels, annotations } = form;
  const isCurrent = ({ metadata }: EndpointSlice): boolean =>
    jsonEqual(labels, metadata.labels) && (!annotations || jsonEqual(annotations, metadata.annotations ?? {}));
  for (const group of groups) {
    const mine = existing.filter((slice) => fits(slice, group));
    for (const slice of mine) unused.delete(slice);
    const filled = fill(mine, { wanted: group.endpoints, maxEndpoints: form.maxEndpoints });
    for (const [i, endpoints] of filled.entries()) {
      const slice = mine[i];
      if (!slice) plan.create.push(draftOf(form, { ...group, endpoints }));
      else if (endpoints.length === 0 && filled.some((other) => other.length > 0)) plan.remove.push(slice);
      else if (!jsonEqual(endpoints, slice.endpoints ?? []) || !isCurrent(slice)) {
        const metadata = {
          ...slice.metadata,
          labels: { ...labels },
          ...(annotations ? { annotations: { ...annotations } } : {}),
        };
        plan.update.push({ ...slice, metadata, endpoints: [...endpoints] });
      }
    }
  }
  plan.remove.push(...unused);
  return plan;
}

function fits({ addressType, ports }: EndpointSlice, group: SliceGroup): boolean {
  return addressType === group.addressType && jsonEqual(ports ?? [], group.ports);
}

/**
 * Distributes endpoints over slices: each stays where it is, new ones go where there is room, the rest into new slices.
 */
function fill(
  slices: readonly EndpointSlice[],
  { wanted, maxEndpoints }: { wanted: readonly Endpoint[]; maxEndpoints: number },
): Endpoint[][] {
  const left = new Map(wanted.map((endpoint) => [identity(endpoint), endpoint]));
  const filled = slices.map(({ endpoints }) =>
    (endpoints ?? []).flatMap((old) => {
      const id = identity(old);
      const current = left.get(id);
      left.delete(id);
      return current ? [current] : [];
    }),
  );
  const rest = [...left.values()];
  for (const slice of filled) slice.push(...rest.splice(0, Math.max(0, maxEndpoints - slice.length)));
  while (rest.length > 0 || filled.length === 0) filled.push(rest.splice(0, maxEndpoints));
  return filled;
}

function identity({ targetRef, addresses }: Endpoint): string {
  return `${targetRef?.uid ?? ''} ${addresses.join()}`;
}

function draftOf(form: SliceForm, { addressType, ports, endpoints }: SliceGroup): Draft<EndpointSlice> {
  const { name, namespace, labels, annotations, owner } = form;
  return {
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels },
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ownerReferences: [owner],
    },
    addressType,
    endpoints,
    ports: [...ports],
  };
}
