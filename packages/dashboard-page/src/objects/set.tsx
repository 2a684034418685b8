import type { DaemonSet, StatefulSet } from '@typernetes/api/apps/v1';
import type { Resource } from '../api/resource.ts';
import { narrowingSelector } from '../facts/owned.ts';
import { Fact, ObjectLink } from '../views/marks.tsx';
import { SetRevisions } from './set-revisions.tsx';

/** StatefulSets and DaemonSets: their pods are listed below. */
export function SetFacts({ resource, set }: { readonly resource: Resource; readonly set: StatefulSet | DaemonSet }) {
  const { spec } = set;
  const containers = spec?.template?.spec?.containers ?? [];
  const service = spec && 'serviceName' in spec ? spec.serviceName : undefined;
  return (
    <>
      <dl class="facts">
        <Fact name="Images">{containers.map(({ image }) => image).join(', ')}</Fact>
        <Fact name="Update strategy">{spec?.updateStrategy?.type}</Fact>
        <Fact name="Selector">{narrowingSelector(set)}</Fact>
        <Fact name="Service">
          {service ? <ObjectLink resource="services" namespace={set.metadata.namespace} name={service} /> : null}
        </Fact>
      </dl>
      <SetRevisions resource={resource} set={set} />
    </>
  );
}
