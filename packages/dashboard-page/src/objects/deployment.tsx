import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { rollBack } from '../actions/changes.ts';
import { known, pathOf } from '../api/resource.ts';
import { narrowingSelector, ownedOf } from '../facts/owned.ts';
import { revisionsOf } from '../facts/revisions.ts';
import { useChanges } from '../views/action-bar.tsx';
import { useObjects } from '../views/live.ts';
import { Age, Fact, LiveState, ObjectLink, Part } from '../views/marks.tsx';
import { PlainTable } from '../views/plain-table.tsx';
import { ObjectTable } from './owned.tsx';
import { RevisionImages, WayBack } from './way-back.tsx';

export function DeploymentFacts({ deployment }: { readonly deployment: Deployment }) {
  const { metadata, spec, status = {} } = deployment;
  const { namespace } = metadata;
  const live = useObjects<ReplicaSet>({
    path: pathOf(known.replicaSets, { namespace }),
    labelSelector: narrowingSelector(deployment),
  });
  const pods = useObjects<Pod>({
    path: pathOf(known.pods, { namespace }),
    labelSelector: narrowingSelector(deployment),
  });
  const mine = ownedOf(deployment, live.entries).flatMap((replicaSet) => ownedOf(replicaSet, pods.entries));
  const make = useChanges();
  const revisions = revisionsOf(deployment, live.entries);
  return (
    <>
      <dl class="facts">
        <Fact name="Replicas">
          {status.readyReplicas ?? 0} ready, {status.updatedReplicas ?? 0} of the new revision,{' '}
          {status.availableReplicas ?? 0} available of {spec?.replicas ?? 1}
        </Fact>
        <Fact name="Strategy">
          {spec?.strategy?.type}
          {spec?.strategy?.rollingUpdate
            ? `, at most ${spec.strategy.rollingUpdate.maxUnavailable} unavailable, ${spec.strategy.rollingUpdate.maxSurge} more`
            : ''}
        </Fact>
        <Fact name="Selector">{narrowingSelector(deployment)}</Fact>
      </dl>
      {revisions.length > 0 ? (
        <Part title="Revisions">
          <PlainTable columns={['Revision', 'Replica set', 'Images', 'Pods', 'Age']} hasDeeds>
            {revisions.map(({ number, replicaSet, isCurrent, images, cause }) => (
              <tr key={replicaSet.metadata.uid}>
                <td>{number}</td>
                <th scope="row">
                  <ObjectLink resource="replicasets.apps" namespace={namespace} name={replicaSet.metadata.name ?? ''} />
                </th>
                <td>
                  <RevisionImages images={images} cause={cause} />
                </td>
                <td>
                  {replicaSet.status?.readyReplicas ?? 0}/{replicaSet.spec?.replicas ?? 0}
                </td>
                <td>
                  <Age time={replicaSet.metadata.creationTimestamp} />
                </td>
                <td>
                  <WayBack
                    isCurrent={isCurrent}
                    barred={spec?.paused ? 'Resume the deployment first' : undefined}
                    onGo={() => void make(rollBack(deployment, replicaSet), `Going back to revision ${number}`)}
                  />
                </td>
              </tr>
            ))}
          </PlainTable>
        </Part>
      ) : null}
      <Part title="Pods">
        <LiveState live={{ ...pods, entries: mine }} what="pods of it" />
        <ObjectTable resource={known.pods} objects={mine} />
      </Part>
    </>
  );
}
