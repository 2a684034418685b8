import type { DaemonSet, Deployment, StatefulSet } from '@typernetes/api/apps/v1';
import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v2';
import type { CronJob, Job } from '@typernetes/api/batch/v1';
import type { ConfigMap, Node, Pod, Secret, Service } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import type { ComponentChildren } from 'preact';
import { type Resource, resourceName } from '../api/resource.ts';
import { objectVerdict } from '../facts/object-verdict.ts';
import { Part } from '../views/marks.tsx';
import { AutoscalerFacts } from './autoscaler.tsx';
import { ConfigMapFacts } from './config-map.tsx';
import { DeploymentFacts } from './deployment.tsx';
import { CronJobFacts, JobFacts } from './job.tsx';
import { Conditions, MetadataFacts } from './metadata.tsx';
import { NodeFacts } from './node.tsx';
import { OwnedObjects } from './owned.tsx';
import { PodFacts } from './pod.tsx';
import { SecretFacts } from './secret.tsx';
import { ServiceFacts } from './service.tsx';
import { SetFacts } from './set.tsx';

interface KindFactsProperties {
  readonly resource: Resource;
  readonly object: ApiObject;
}

/** What is worth knowing of an object of this kind, and of any object. */
export function KindFacts({ resource, object }: KindFactsProperties) {
  const why = objectVerdict(resource, object)?.why ?? [];
  return (
    <>
      {why.length > 0 ? (
        <div class="because" role="note">
          {why.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
      ) : null}
      {ofKind(resource, object)}
      <OwnedObjects {...{ resource, object }} />
      <Conditions object={object} />
      <Part title="Metadata">
        <MetadataFacts object={object} />
      </Part>
    </>
  );
}

function ofKind(resource: Resource, object: ApiObject): ComponentChildren {
  switch (resourceName(resource)) {
    case 'pods':
      return <PodFacts pod={object as Pod} />;
    case 'deployments.apps':
      return <DeploymentFacts deployment={object as Deployment} />;
    case 'statefulsets.apps':
    case 'daemonsets.apps':
      return <SetFacts resource={resource} set={object as StatefulSet | DaemonSet} />;
    case 'jobs.batch':
      return <JobFacts job={object as Job} />;
    case 'cronjobs.batch':
      return <CronJobFacts cronJob={object as CronJob} />;
    case 'services':
      return <ServiceFacts service={object as Service} />;
    case 'nodes':
      return <NodeFacts node={object as Node} />;
    case 'secrets':
      return <SecretFacts secret={object as Secret} />;
    case 'horizontalpodautoscalers.autoscaling':
      return <AutoscalerFacts autoscaler={object as HorizontalPodAutoscaler} />;
    case 'configmaps':
      return <ConfigMapFacts configMap={object as ConfigMap} />;
    default:
      return null;
  }
}
