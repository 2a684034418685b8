import type { Command } from '../command.ts';
import { defineCommand } from '../command.ts';
import { printGenerated } from './create/generator.ts';
import { Failures } from './failures.ts';
import { fieldManagerFlag, resultFlags } from './result.ts';
import { rolloutSelection, sayIfNone, selectRollouts } from './rollout-selection.ts';
import { refOfSelected } from './selected-objects.ts';

function pauseCommand(of: {
  verb: 'pause' | 'resume';
  short: string;
  paused: boolean;
  done: string;
  already: string;
}): Command {
  return defineCommand({
    use: `rollout ${of.verb} RESOURCE`,
    short: of.short,
    flags: { ...fieldManagerFlag('kubectl-rollout'), ...resultFlags, ...rolloutSelection } as const,
    async run({ flags, positional }, session) {
      const failures = new Failures();
      const found = await selectRollouts(positional, { flags, failures, session });
      sayIfNone(found, { failures, session });
      let code = failures.report(session, { listed: true });
      for (const selected of found) {
        const { type, object } = selected;
        const { name } = object.metadata;
        const refuse = (why: string): void => {
          session.io.err(`error: ${type.plural}${type.group ? `.${type.group}` : ''} ${JSON.stringify(name)} ${why}\n`);
          code = 1;
        };
        if (type.plural !== 'deployments') {
          refuse(`${of.paused ? 'pausing' : 'resuming'} is not supported`);
          continue;
        }
        const { spec } = object as unknown as { spec: { paused?: boolean } };
        if ((spec.paused ?? false) === of.paused) {
          refuse(of.already);
          continue;
        }
        const patch = { spec: { paused: of.paused ? true : null } };
        const changed = await session.client
          .resource(type)
          .patch(refOfSelected(selected), patch, { type: 'strategic', fieldManager: flags['field-manager'] });
        await printGenerated(session, { type, object: changed }, { verb: of.done, flags, apart: true });
      }
      return code;
    },
  });
}

export const rolloutPauseCommand = pauseCommand({
  verb: 'pause',
  short: 'Mark the provided resource as paused',
  paused: true,
  done: 'paused',
  already: 'is already paused',
});

export const rolloutResumeCommand = pauseCommand({
  verb: 'resume',
  short: 'Resume a paused resource',
  paused: false,
  done: 'resumed',
  already: 'is not paused',
});
