import { defineCommand } from '../command.ts';
import { Columns } from '../printing/columns.ts';
import { changeCauseAnnotation, revisionsOf } from './rollout-revisions.ts';

export const rolloutHistoryCommand = defineCommand({
  use: 'rollout history (TYPE NAME | TYPE/NAME) [flags]',
  short: 'View rollout history',
  flags: {
    revision: { type: 'number', help: 'See the details, including podTemplate of the revision specified', default: 0 },
  } as const,
  async run({ flags, positional }, session) {
    const { deployment, revisions } = await revisionsOf(positional, session);
    const shown = `deployment.apps/${deployment.metadata.name}`;
    if (flags.revision > 0) {
      const revision = revisions.find(({ number }) => number === flags.revision);
      if (!revision) throw new Error('unable to find the specified revision');
      const { describeTemplate } = await import('../describe/pod-template.ts');
      const { Description } = await import('../describe/description.ts');
      const text = new Description();
      describeTemplate(text, revision.replicaSet.spec.template ?? {});
      session.io.out(`${shown} with revision #${flags.revision}\n${text.toString()}`);
      return 0;
    }
    const rows = revisions.map(({ number, replicaSet }) => [
      String(number),
      replicaSet.metadata.annotations?.[changeCauseAnnotation] ?? '<none>',
    ]);
    session.io.out(`${shown} \n${new Columns(2).format([['REVISION', 'CHANGE-CAUSE'], ...rows])}\n`);
    return 0;
  },
});
