import { timestamp } from '@typernetes/base';
import { defineCommand } from '../command.ts';
import type { Session } from '../session.ts';
import { printGenerated } from './create/generator.ts';
import { Failures } from './failures.ts';
import { fieldManagerFlag, resultFlags } from './result.ts';
import type { Workload } from './rollout-revisions.ts';
import { rolloutSelection, sayIfNone, selectRollouts } from './rollout-selection.ts';
import { refOfSelected, type SelectedObject } from './selected-objects.ts';

const restartable = ['deployments', 'daemonsets', 'statefulsets'];
const restartedAt = 'kubectl.kubernetes.io/restartedAt';

export const rolloutRestartCommand = defineCommand({
  use: 'rollout restart RESOURCE',
  short: 'Restart a resource',
  flags: { ...fieldManagerFlag('kubectl-rollout'), ...resultFlags, ...rolloutSelection } as const,
  async run({ flags, positional }, session) {
    const failures = new Failures();
    const selected = await selectRollouts(positional, { flags, failures, session });
    sayIfNone(selected, { failures, session });
    for (const one of selected) {
      try {
        const object = await restarted(one, flags['field-manager'], session);
        await printGenerated(session, { type: one.type, object }, { verb: 'restarted', flags, apart: true });
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session, { listed: true });
  },
});

async function restarted(one: SelectedObject, fieldManager: string, session: Session) {
  const { type, object } = one;
  const { name } = object.metadata;
  const full = `error: ${type.plural}${type.group ? `.${type.group}` : ''} ${JSON.stringify(name)}`;
  if (!restartable.includes(type.plural)) throw new Error(`${full} restarting is not supported`);
  const { spec } = object as Workload;
  if (spec.paused) throw new Error(`${full} can't restart paused deployment (run rollout resume first)`);
  const now = timestamp(session.clock.now());
  // The time has seconds: a second restart within one would change nothing.
  if (spec.template.metadata?.annotations?.[restartedAt] === now) {
    throw new Error(
      `failed to create patch for ${name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`,
    );
  }
  const patch = { spec: { template: { metadata: { annotations: { [restartedAt]: now } } } } };
  return session.client.resource(type).patch(refOfSelected(one), patch, { type: 'strategic', fieldManager });
}
