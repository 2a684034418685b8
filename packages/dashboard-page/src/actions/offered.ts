import type { Deployment } from '@typernetes/api/apps/v1';
import type { CronJob, Job } from '@typernetes/api/batch/v1';
import type { Node } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { type Resource, resourceName } from '../api/resource.ts';
import { type Change, restart, runNow, setCordoned, setPaused, setSuspended } from './changes.ts';

/** Something that can be done to an object at once. */
interface Action {
  readonly label: string;
  /** What is said when it is done. */
  readonly done: string;
  readonly change: Change;
}

/** Where time and chance come from. */
interface Surroundings {
  /** RFC 3339. */
  readonly now: string;
  readonly suffix: string;
}

/** What one click does to this object; scaling, editing, deleting and going back to a revision ask first and are elsewhere. */
export function actionsFor(resource: Resource, object: ApiObject, { now, suffix }: Surroundings): Action[] {
  const restarting = { label: 'Restart', done: 'Restarting', change: restart(resource, object, now) };
  switch (resourceName(resource)) {
    case 'deployments.apps': {
      const deployment = object as Deployment;
      const isPaused = deployment.spec?.paused === true;
      const pausing = isPaused
        ? { label: 'Resume', done: 'Resumed', change: setPaused(deployment, false) }
        : { label: 'Pause', done: 'Paused', change: setPaused(deployment, true) };
      // A paused deployment would restart nothing: upstream refuses it as well.
      return isPaused ? [pausing] : [restarting, pausing];
    }
    case 'statefulsets.apps':
    case 'daemonsets.apps':
      return [restarting];
    case 'jobs.batch':
    case 'cronjobs.batch': {
      const isSuspended = (object as Job | CronJob).spec?.suspend === true;
      const suspending = {
        label: isSuspended ? 'Unsuspend' : 'Suspend',
        done: isSuspended ? 'It goes on' : 'Suspended',
        change: setSuspended(resource, object, !isSuspended),
      };
      if (resource.plural === 'jobs') return isOver(object as Job) ? [] : [suspending];
      const running = { label: 'Run now', done: 'A job was made', change: runNow(object as CronJob, suffix) };
      return [running, suspending];
    }
    case 'nodes': {
      const isCordoned = (object as Node).spec?.unschedulable === true;
      return [
        isCordoned
          ? { label: 'Uncordon', done: 'Uncordoned', change: setCordoned(object, false) }
          : { label: 'Cordon', done: 'Cordoned', change: setCordoned(object, true) },
      ];
    }
    default:
      return [];
  }
}

const isOver = ({ status }: Job): boolean =>
  (status?.conditions ?? []).some(({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True');
