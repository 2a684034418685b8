import { controllerrevisions, daemonsets, deployments, replicasets, statefulsets } from '@typernetes/api/apps/v1';
import { validateControllerRevision, validateControllerRevisionUpdate } from '@typernetes/api/validation';
import { part, scalePart, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { recordStrategy } from '../strategies.ts';
import { daemonSetStatusStrategy, daemonSetStrategy } from './daemon-set.ts';
import { daemonSetPrinter } from './daemon-set-printer.ts';
import { deploymentStatusStrategy, deploymentStrategy } from './deployment.ts';
import { deploymentPrinter } from './deployment-printer.ts';
import { replicaSetStatusStrategy, replicaSetStrategy } from './replica-set.ts';
import { replicaSetPrinter } from './replica-set-printer.ts';
import { statefulSetStatusStrategy, statefulSetStrategy } from './stateful-set.ts';
import { controllerRevisionPrinter, statefulSetPrinter } from './stateful-set-printer.ts';

export const appsResources: readonly ServedResource[] = [
  serve(controllerrevisions, {
    strategy: {
      ...recordStrategy,
      validate: validateControllerRevision,
      validateUpdate: validateControllerRevisionUpdate,
    },
    printer: controllerRevisionPrinter,
  }),
  serve(daemonsets, {
    strategy: daemonSetStrategy,
    subresources: { status: part(daemonSetStatusStrategy) },
    printer: daemonSetPrinter,
  }),
  serve(deployments, {
    strategy: deploymentStrategy,
    subresources: { scale: scalePart, status: part(deploymentStatusStrategy) },
    printer: deploymentPrinter,
  }),
  serve(replicasets, {
    strategy: replicaSetStrategy,
    subresources: { scale: scalePart, status: part(replicaSetStatusStrategy) },
    printer: replicaSetPrinter,
  }),
  serve(statefulsets, {
    strategy: statefulSetStrategy,
    subresources: { scale: scalePart, status: part(statefulSetStatusStrategy) },
    printer: statefulSetPrinter,
  }),
];
