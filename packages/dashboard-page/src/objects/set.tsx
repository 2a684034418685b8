import type { DaemonSet, StatefulSet } from '@typernetes/api/apps/v1';
import { narrowingSelector } from '../facts/owned.ts';
import { Fact, ObjectLink } from '../views/marks.tsx';

/** StatefulSets and DaemonSets: their pods are listed below. */
export function SetFacts({ set }: { readonly set: StatefulSet | DaemonSet }) {
  const { spec } = set;
  const containers = spec?.template?.spec?.containers ?? [];
  const service = spec && 'serviceName' in spec ? spec.serviceName : undefined;
  return (
    <dl class="facts">
      <Fact name="Images">{containers.map(({ image }) => image).join(', ')}</Fact>
      <Fact name="Update strategy">{spec?.updateStrategy?.type}</Fact>
      <Fact name="Selector">{narrowingSelector(set)}</Fact>
      <Fact name="Service">
        {service ? <ObjectLink resource="services" namespace={set.metadata.namespace} name={service} /> : null}
      </Fact>
    </dl>
  );
}
