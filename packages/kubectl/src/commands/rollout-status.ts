import type { DaemonSet, Deployment } from '@typernetes/api/apps/v1';
import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { parseSingle } from '../resources/arguments.ts';
import { watchObject } from '../resources/watch-object.ts';
import { daemonSetProgress, deploymentProgress, type Progress } from './rollout-progress.ts';

const progressOf: Readonly<Record<string, (object: ApiObject) => Progress>> = {
  deployments: (object) => deploymentProgress(object as Deployment),
  daemonsets: (object) => daemonSetProgress(object as DaemonSet),
};

export const rolloutStatusCommand = defineCommand({
  use: 'rollout status (TYPE NAME | TYPE/NAME) [flags]',
  short: 'Show the status of the rollout',
  flags: {
    timeout: {
      type: 'duration',
      help: 'The length of time to wait before ending watch, zero means never.',
      default: 0,
    },
    watch: { type: 'boolean', short: 'w', help: 'Watch the status of the rollout until it is done.', default: true },
  } as const,
  async run({ flags, positional }, session, signal) {
    const { type, name } = await parseSingle(positional, session.resources);
    const progress = progressOf[type.plural];
    if (!progress) throw new Error(`no status viewer has been implemented for ${type.kind}.${type.group}`);
    let last = '';
    const finished = await watchObject(
      { type, ref: { name, namespace: session.namespace } },
      { session, signal, timeoutMs: flags.timeout > 0 ? flags.timeout : undefined },
      (object) => {
        if (!object) throw new Error('object has been deleted');
        const { text, done } = progress(object);
        if (text !== last) session.io.out(text);
        last = text;
        return done || !flags.watch;
      },
    );
    if (!finished) throw new Error('timed out waiting for the condition');
    return 0;
  },
});
