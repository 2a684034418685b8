import { pods } from '@typernetes/api/core/v1';
import { collectionPath } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { containerOf, podsOfTarget } from '../streaming/pod-target.ts';
import { runRemoteCommand } from '../streaming/remote-command.ts';

const recorded =
  'All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n';

export const attachCommand = defineCommand({
  use: 'attach (POD | TYPE/NAME) -c CONTAINER',
  short: 'Attach to a running container',
  flags: {
    container: { type: 'string', short: 'c', help: 'Container name.' },
    quiet: { type: 'boolean', short: 'q', help: 'Only print output from the remote session', default: false },
    stdin: { type: 'boolean', short: 'i', help: 'Pass stdin to the container', default: false },
    tty: { type: 'boolean', short: 't', help: 'Stdin is a TTY', default: false },
  } as const,
  async run({ flags, positional }, session, signal) {
    const [target] = positional;
    if (target === undefined) throw new Error('at least 1 argument is required for attach');
    const [pod] = await podsOfTarget(target, session);
    if (!pod) throw new Error(`no pods found for ${target}`);
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') {
      throw new Error(`cannot attach a container in a completed pod; current phase is ${phase}`);
    }
    const name = containerOf(pod, flags.container, session);
    const tty = flags.tty && session.io.stdin.isTerminal;
    const container = pod.spec.containers.find((candidate) => candidate.name === name);
    if (flags.tty && container && !container.tty) {
      session.io.err(`error: Unable to use a TTY - container ${name} did not allocate one\n`);
    }
    const hasTty = tty && container?.tty === true;
    const query = new URLSearchParams({ container: name, stdout: 'true' });
    if (flags.stdin) query.set('stdin', 'true');
    if (hasTty) query.set('tty', 'true');
    else query.set('stderr', 'true');
    if (!flags.quiet) {
      if (flags.stdin) session.io.err(recorded);
      session.io.err("If you don't see a command prompt, try pressing enter.\n");
    }
    const path = `${collectionPath(pods, session.namespace)}/${pod.metadata.name}/attach?${query}`;
    const code = await runRemoteCommand(session.client, path, {
      stdin: flags.stdin,
      tty: hasTty,
      io: session.io,
      signal,
    });
    if (code === 0 && flags.stdin && hasTty && !flags.quiet && pod.spec.restartPolicy === 'Always') {
      const resume = `'kubectl attach ${pod.metadata.name} -c ${name} -i -t' command when the pod is running`;
      session.io.err(`Session ended, resume using ${resume}\n`);
    }
    return code;
  },
});
