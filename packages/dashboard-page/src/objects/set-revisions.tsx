import type { ControllerRevision, DaemonSet, StatefulSet } from '@typernetes/api/apps/v1';
import { rollBackSet } from '../actions/changes.ts';
import { known, pathOf, type Resource } from '../api/resource.ts';
import { narrowingSelector } from '../facts/owned.ts';
import { setRevisionsOf } from '../facts/set-revisions.ts';
import { useChanges } from '../views/action-bar.tsx';
import { useObjects } from '../views/live.ts';
import { Age, Part } from '../views/marks.tsx';
import { PlainTable } from '../views/plain-table.tsx';
import { RevisionImages, WayBack } from './way-back.tsx';

interface SetRevisionsProperties {
  readonly resource: Resource;
  readonly set: StatefulSet | DaemonSet;
}

/** What the set has been, and the way back to it. */
export function SetRevisions({ resource, set }: SetRevisionsProperties) {
  const live = useObjects<ControllerRevision>({
    path: pathOf(known.controllerRevisions, { namespace: set.metadata.namespace }),
    labelSelector: narrowingSelector(set),
  });
  const make = useChanges();
  const revisions = setRevisionsOf(set, live.entries);
  if (revisions.length === 0) return null;
  return (
    <Part title="Revisions">
      <PlainTable columns={['Revision', 'Images', 'Age']} hasDeeds>
        {revisions.map(({ revision, isCurrent, images, cause }) => (
          <tr key={revision.metadata.uid}>
            <th scope="row">{revision.revision}</th>
            <td>
              <RevisionImages images={images} cause={cause} />
            </td>
            <td>
              <Age time={revision.metadata.creationTimestamp} />
            </td>
            <td>
              <WayBack
                isCurrent={isCurrent}
                onGo={() =>
                  void make(rollBackSet(resource, set, revision), `Going back to revision ${revision.revision}`)
                }
              />
            </td>
          </tr>
        ))}
      </PlainTable>
    </Part>
  );
}
