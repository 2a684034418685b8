import type { ApiObject } from '@typernetes/machinery';
import { pathOf, type Resource, resourceName } from '../api/resource.ts';
import { objectVerdict } from '../facts/object-verdict.ts';
import { controlledBy, narrowingSelector, ownedOf } from '../facts/owned.ts';
import { titleOf } from '../facts/sections.ts';
import { byTone } from '../facts/verdict.ts';
import { useObjects } from '../views/live.ts';
import { Age, Explained, LiveState, ObjectLink, Part } from '../views/marks.tsx';
import { PlainTable } from '../views/plain-table.tsx';

type Owned = ReturnType<typeof controlledBy>[number];

/** What the object's controller has made for it. */
export const OwnedObjects = ({ resource, object }: { readonly resource: Resource; readonly object: ApiObject }) => (
  <>
    {controlledBy(resource).map((owned) => (
      <OwnedList key={owned.plural} {...{ owned, object }} />
    ))}
  </>
);

function OwnedList({ owned, object }: { readonly owned: Owned; readonly object: ApiObject }) {
  const { namespace } = object.metadata;
  const live = useObjects<ApiObject>({ path: pathOf(owned, { namespace }), labelSelector: narrowingSelector(object) });
  const mine = ownedOf(object, live.entries);
  return (
    <Part title={titleOf(owned)}>
      <LiveState live={{ ...live, entries: mine }} what={`${titleOf(owned).toLowerCase()} of it`} />
      <ObjectTable resource={owned} objects={mine} />
    </Part>
  );
}

interface ObjectTableProperties {
  readonly resource: Pick<Resource, 'group' | 'version' | 'plural' | 'kind'>;
  readonly objects: readonly ApiObject[];
}

/** Related objects, those in trouble first. */
export function ObjectTable({ resource, objects }: ObjectTableProperties) {
  if (objects.length === 0) return null;
  const judged = objects
    .map((object) => ({ object, verdict: objectVerdict(resource, object) }))
    .sort((a, b) => (a.verdict && b.verdict ? byTone(a.verdict, b.verdict) : 0));
  return (
    <PlainTable columns={['Name', 'Status', 'Age']}>
      {judged.map(({ object: { metadata }, verdict }) => (
        <tr key={metadata.uid}>
          <th scope="row">
            <ObjectLink resource={resourceName(resource)} namespace={metadata.namespace} name={metadata.name ?? ''} />
          </th>
          <td>{verdict ? <Explained verdict={verdict} /> : null}</td>
          <td>
            <Age time={metadata.creationTimestamp} />
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}
