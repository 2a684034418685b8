import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { known, pathOf } from '../api/resource.ts';
import { endpointsOf } from '../facts/service-endpoints.ts';
import { useObjects } from '../views/live.ts';
import { Fact, LiveState, Mark, ObjectLink, Part } from '../views/marks.tsx';
import { PlainTable } from '../views/plain-table.tsx';

export function ServiceFacts({ service }: { readonly service: Service }) {
  const { metadata, spec } = service;
  const live = useObjects<EndpointSlice>({
    path: pathOf(known.endpointSlices, { namespace: metadata.namespace }),
    labelSelector: `kubernetes.io/service-name=${metadata.name}`,
  });
  const endpoints = endpointsOf(live.entries);
  const selector = Object.entries(spec?.selector ?? {}).map(([name, value]) => `${name}=${value}`);
  return (
    <>
      <dl class="facts">
        <Fact name="Type">{spec?.type}</Fact>
        <Fact name="Cluster addresses">{(spec?.clusterIPs ?? []).join(', ')}</Fact>
        <Fact name="External">
          {[
            ...(spec?.externalIPs ?? []),
            ...(service.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname),
            ...(spec?.externalName ? [spec.externalName] : []),
          ].join(', ')}
        </Fact>
        <Fact name="Ports">
          {(spec?.ports ?? [])
            .map(({ name, port, targetPort, nodePort, protocol = 'TCP' }) =>
              [
                `${name ? `${name} ` : ''}${port}/${protocol} → ${targetPort ?? port}`,
                nodePort ? `, on nodes ${nodePort}` : '',
              ].join(''),
            )
            .join('; ')}
        </Fact>
        <Fact name="Selector">{selector.join(', ') || 'none: its endpoints are made by others'}</Fact>
      </dl>
      <Part title="Endpoints">
        {endpoints.length === 0 ? <LiveState live={{ ...live, entries: [] }} what="endpoints" /> : null}
        {endpoints.length > 0 ? (
          <PlainTable columns={['Address', 'Ports', 'State', 'Pod', 'Node']}>
            {endpoints.map(({ address, ports, verdict, pod, node }) => (
              <tr key={address}>
                <th scope="row">{address}</th>
                <td>{ports}</td>
                <td>
                  <Mark verdict={verdict} />
                </td>
                <td>{pod ? <ObjectLink resource="pods" namespace={metadata.namespace} name={pod} /> : null}</td>
                <td>{node ? <ObjectLink resource="nodes" name={node} /> : null}</td>
              </tr>
            ))}
          </PlainTable>
        ) : null}
      </Part>
    </>
  );
}
