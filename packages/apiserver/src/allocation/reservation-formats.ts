import { randomUUID } from 'node:crypto';
import type { IPAddress } from '@typernetes/api/networking/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import { canonicalIp } from './address-range.ts';
import type { Holder, ReservationFormat } from './key-reservations.ts';

/** Cluster addresses: an IPAddress object each, as upstream has them. */
export function addressFormat(storage: ResourceStorage, clock: Clock): ReservationFormat<string> {
  return {
    root: storage.root,
    textOf: String,
    valueOf: canonicalIp,
    encode: (value, { namespace, name }) => {
      const object = {
        metadata: {
          name: value,
          uid: randomUUID(),
          creationTimestamp: timestamp(clock.now()),
          labels: {
            'ipaddress.kubernetes.io/ip-family': value.includes(':') ? 'IPv6' : 'IPv4',
            'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
          },
        },
        spec: { parentRef: { group: '', resource: 'services', namespace, name } },
      };
      return storage.form.encode(object as unknown as IPAddress);
    },
    holderOf: (stored) => {
      const { metadata, spec } = JSON.parse(Buffer.from(stored).toString()) as IPAddress;
      const ours = metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io';
      if (!ours || spec.parentRef.resource !== 'services') return undefined;
      return { namespace: spec.parentRef.namespace ?? '', name: spec.parentRef.name };
    },
  };
}

/** Node ports: a key each beside upstream's place for them. Nobody is shown these. */
export function portFormat(registryRoot: string): ReservationFormat<number> {
  return {
    root: `${registryRoot}ranges/servicenodeports/`,
    textOf: String,
    valueOf: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
    encode: (_value, { namespace, name }) => Buffer.from(JSON.stringify({ namespace, name })),
    holderOf: (stored) => JSON.parse(Buffer.from(stored).toString()) as Holder,
  };
}
