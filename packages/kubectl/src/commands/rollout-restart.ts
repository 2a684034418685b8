import { timestamp } from '@typernetes/base';
import { defineCommand } from '../command.ts';
import { parseTargets, printedName } from '../resources/arguments.ts';

const restartable = ['deployments', 'daemonsets', 'statefulsets'];

export const rolloutRestartCommand = defineCommand({
  use: 'rollout restart RESOURCE',
  short: 'Restart a resource',
  flags: {
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  } as const,
  async run({ flags, positional }, session) {
    const { namespace, clock } = session;
    for (const { type, names } of await parseTargets(positional, session.resources)) {
      if (!restartable.includes(type.plural)) throw new Error(`${type.plural} restarting is not supported`);
      const client = session.client.resource(type);
      const listed =
        names ?? (await client.list({ namespace, labelSelector: flags.selector })).items.map((o) => o.metadata.name);
      for (const name of listed) {
        const annotations = { 'kubectl.kubernetes.io/restartedAt': timestamp(clock.now()) };
        const patch = { spec: { template: { metadata: { annotations } } } };
        await client.patch({ name, namespace }, patch, { type: 'strategic', fieldManager: 'kubectl-rollout' });
        session.io.out(`${printedName(type, name)} restarted\n`);
      }
    }
    return 0;
  },
});
