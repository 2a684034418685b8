import type { DaemonSet, Deployment, StatefulSet } from '@typernetes/api/apps/v1';
import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { logged } from '../logged-warning.ts';
import { groupKind } from '../resources/group-kind.ts';
import { watchObject } from '../resources/watch-object.ts';
import { Failures } from './failures.ts';
import { daemonSetProgress, deploymentProgress, type Progress, statefulSetProgress } from './rollout-progress.ts';
import { revisionAnnotation } from './rollout-revisions.ts';
import { rolloutSelection, sayIfNone, selectRollouts } from './rollout-selection.ts';
import { refOfSelected, type SelectedObject } from './selected-objects.ts';

const progressOf: Readonly<Record<string, (object: ApiObject) => Progress>> = {
  deployments: (object) => deploymentProgress(object as Deployment),
  daemonsets: (object) => daemonSetProgress(object as DaemonSet),
  statefulsets: (object) => statefulSetProgress(object as StatefulSet),
};

export const rolloutStatusCommand = defineCommand({
  use: 'rollout status (TYPE NAME | TYPE/NAME) [flags]',
  short: 'Show the status of the rollout',
  flags: {
    ...rolloutSelection,
    revision: { type: 'number', help: 'Stay with this revision; 0: whichever is the last.', default: 0 },
    timeout: {
      type: 'duration',
      help: 'The length of time to wait before ending watch, zero means never.',
      default: 0,
    },
    watch: { type: 'boolean', short: 'w', help: 'Watch the status of the rollout until it is done.', default: true },
  } as const,
  async run({ flags, positional }, session, signal) {
    if (flags.revision < 0) throw new Error(`revision must be a positive integer: ${flags.revision}`);
    const failures = new Failures();
    const timeoutMs = flags.timeout > 0 ? flags.timeout : undefined;
    const found = await selectRollouts(positional, { flags, failures, session });
    sayIfNone(found, { failures, session });
    for (const selected of found) {
      if (flags.timeout < 0) session.io.err(logged(negative, { session, place: 'until.go:159', severity: 'E' }));
      try {
        const look = viewer(selected, flags);
        const where = { type: selected.type, ref: refOfSelected(selected) };
        const finished = await watchObject(where, { session, signal, timeoutMs }, (object) => {
          const { text, done } = look(object);
          session.io.out(text);
          return done || !flags.watch;
        });
        if (!finished) throw new Error('timed out waiting for the condition');
      } catch (error) {
        if (signal.aborted) throw error;
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

const negative = '"Timeout for context shall not be negative"';

/** Throws if a deployment has another revision, or says none that is a number. */
function checkRevision({ metadata: { name, annotations } }: ApiObject, wanted: number): void {
  const current = annotations?.[revisionAnnotation] ?? '0';
  if (!/^[+-]?\d+$/.test(current)) {
    const why = `strconv.ParseInt: parsing ${JSON.stringify(current)}: invalid syntax`;
    throw new Error(`cannot get the revision of deployment ${JSON.stringify(name)}: ${why}`);
  }
  if (Number(current) !== wanted)
    throw new Error(`desired revision (${wanted}) is different from the running revision (${Number(current)})`);
}

/** Checks an object, and prints its status if that has changed. */
function viewer({ type }: SelectedObject, { revision }: { revision: number }): (object?: ApiObject) => Progress {
  const progress = progressOf[type.plural];
  if (!progress) throw new Error(`no status viewer has been implemented for ${groupKind(type)}`);
  let last = '';
  return (object) => {
    if (!object) throw new Error('object has been deleted');
    if (revision > 0 && type.plural === 'deployments') checkRevision(object, revision);
    const { text, done } = progress(object);
    const said = text === last ? '' : text;
    last = text;
    return { text: said, done };
  };
}
