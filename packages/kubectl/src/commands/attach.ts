import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import { attachToPod } from '../streaming/attach-to-pod.ts';
import {
  allContainers,
  checkRunningTimeout,
  containerOf,
  podRunningTimeout,
  podsOfTarget,
} from '../streaming/pod-target.ts';
import { usageError } from './result.ts';

export const attachCommand = defineCommand({
  use: 'attach (POD | TYPE/NAME) -c CONTAINER',
  short: 'Attach to a running container',
  flags: {
    container: { type: 'string', short: 'c', help: 'Container name.' },
    'pod-running-timeout': podRunningTimeout(60_000),
    quiet: { type: 'boolean', short: 'q', help: 'Only print output from the remote session', default: false },
    stdin: { type: 'boolean', short: 'i', help: 'Pass stdin to the container', default: false },
    tty: { type: 'boolean', short: 't', help: 'Stdin is a TTY', default: false },
  } as const,
  async run({ flags, positional }, session, signal) {
    if (positional.length === 0) throw new Error('at least 1 argument is required for attach');
    if (positional.length > 2)
      throw usageError(
        'attach',
        `expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${positional.length}: [${positional.join(' ')}]`,
      );
    checkRunningTimeout('attach', flags['pod-running-timeout']);
    const target = positional.join('/');
    const waiting = { session, signal, timeoutMs: flags['pod-running-timeout'] };
    const [pod] = await podsOfTarget(target, session, waiting);
    if (!pod) throw new Error(`no pods found for ${target}`);
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') {
      throw new Error(`cannot attach a container in a completed pod; current phase is ${phase}`);
    }
    const wanted = flags.container;
    if (wanted !== undefined && !allContainers(pod).some((container) => container.name === wanted)) {
      throw new Error(`cannot attach to the container: container ${wanted} not found in pod ${pod.metadata.name}`);
    }
    const { stdin, tty, quiet } = flags;
    const name = containerOf(pod, flags.container, quiet ? { io: { err: () => undefined } } : session);
    const code = await attachToPod(pod, { container: name, stdin, tty, quiet }, { session, signal });
    if (code !== 0) throw new PlainError(`command terminated with exit code ${code}\n`, code);
    return 0;
  },
});
