import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v2';
import { resourceName } from '../api/resource.ts';
import { metricsOf } from '../facts/autoscaler-facts.ts';
import { Age, Fact, ObjectLink, Part } from '../views/marks.tsx';
import { PlainTable } from '../views/plain-table.tsx';
import { useSurroundings } from '../views/surroundings.ts';

/** What is scaled by what, and how that stands. */
export function AutoscalerFacts({ autoscaler }: { readonly autoscaler: HorizontalPodAutoscaler }) {
  const { catalogue } = useSurroundings();
  const { metadata, spec, status } = autoscaler;
  const { kind = '', name = '', apiVersion = '' } = spec?.scaleTargetRef ?? {};
  const target = catalogue.ofKind(apiVersion, kind);
  const metrics = metricsOf(autoscaler);
  const { currentReplicas = 0, desiredReplicas = 0, lastScaleTime } = status ?? {};
  return (
    <>
      <dl class="facts">
        <Fact name="Scales">
          {kind}{' '}
          {target ? <ObjectLink resource={resourceName(target)} namespace={metadata.namespace} name={name} /> : name}
        </Fact>
        <Fact name="Replicas">
          {currentReplicas}
          {desiredReplicas === currentReplicas ? '' : `, on the way to ${desiredReplicas}`}
        </Fact>
        <Fact name="Between">
          {spec?.minReplicas ?? 1} and {spec?.maxReplicas}
        </Fact>
        <Fact name="Last scaled">{lastScaleTime ? <Age time={lastScaleTime} /> : 'not yet'}</Fact>
      </dl>
      {metrics.length > 0 ? (
        <Part title="Metrics">
          <PlainTable columns={['What', 'Now', 'Aim']}>
            {metrics.map(({ what, now, aim }) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                <td>{now}</td>
                <td>{aim}</td>
              </tr>
            ))}
          </PlainTable>
        </Part>
      ) : null}
    </>
  );
}
