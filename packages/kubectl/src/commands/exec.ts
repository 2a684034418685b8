import { pods } from '@typernetes/api/core/v1';
import { collectionPath } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import { readManifests } from '../manifests/read.ts';
import { printedName } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { checkRunningTimeout, containerOf, podRunningTimeout, podsOfTarget } from '../streaming/pod-target.ts';
import { runRemoteCommand } from '../streaming/remote-command.ts';

export const execCommand = defineCommand({
  use: 'exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  short: 'Execute a command in a container',
  flags: {
    container: { type: 'string', short: 'c', help: 'Container name.' },
    filename: { type: 'list', short: 'f', help: 'to use to exec into the resource', default: [] },
    'pod-running-timeout': podRunningTimeout(60_000),
    quiet: { type: 'boolean', short: 'q', help: 'Only print output from the remote session', default: false },
    stdin: { type: 'boolean', short: 'i', help: 'Pass stdin to the container', default: false },
    tty: { type: 'boolean', short: 't', help: 'Stdin is a TTY', default: false },
  } as const,
  async run({ flags, positional, rest }, session, signal) {
    const [target, ...more] =
      flags.filename.length > 0 ? [await targetIn(flags.filename, session), ...positional] : positional;
    const command = rest ?? more;
    if (target === undefined) throw new Error('pod, type/name or --filename must be specified');
    if (rest === undefined && more.length > 0) {
      session.io.err('error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\n');
      session.io.err("See 'kubectl exec -h' for help and examples\n");
      return 1;
    }
    if (command.length === 0) throw new Error('you must specify at least one command for the container');
    checkRunningTimeout('exec', flags['pod-running-timeout']);
    const waiting = { session, signal, timeoutMs: flags['pod-running-timeout'] };
    const [pod] = await podsOfTarget(target, session, waiting);
    if (!pod) throw new Error(`no pods found for ${target}`);
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') {
      throw new Error(`cannot exec into a container in a completed pod; current phase is ${phase}`);
    }
    const aloud = flags.quiet ? { io: { err: () => undefined } } : session;
    const container = flags.container ?? containerOf(pod, undefined, aloud);
    // Without stdin there can be no TTY.
    let tty = flags.tty && flags.stdin;
    if (tty && !session.io.stdin.isTerminal) {
      aloud.io.err('Unable to use a TTY - input is not a terminal or the right kind of file\n');
      tty = false;
    }
    const query = new URLSearchParams({ container });
    for (const word of command) query.append('command', word);
    if (flags.stdin) query.set('stdin', 'true');
    query.set('stdout', 'true');
    if (tty) query.set('tty', 'true');
    else query.set('stderr', 'true');
    const path = `${collectionPath(pods, session.namespace)}/${pod.metadata.name}/exec?${query}`;
    const code = await runRemoteCommand(session.client, path, { stdin: flags.stdin, tty, io: session.io, signal });
    if (code !== 0) throw new PlainError(`command terminated with exit code ${code}\n`, code);
    return 0;
  },
});

/** `TYPE/NAME` of the files' object. */
async function targetIn(filenames: readonly string[], session: Session): Promise<string> {
  const [first] = await readManifests({ filenames, recursive: false }, session);
  if (!first) throw new Error('pod, type/name or --filename must be specified');
  return printedName(first.type, first.name);
}
