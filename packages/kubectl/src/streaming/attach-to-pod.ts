import { type Pod, pods } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { collectionPath } from '@typernetes/machinery';
import type { Session } from '../session.ts';
import { runRemoteCommand } from './remote-command.ts';

const recorded =
  'All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n';

export interface Attachment {
  readonly container: string;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
}

/** Connects the terminal to a container's main process until it ends. Resolves to its exit code. */
export async function attachToPod(
  pod: Pod,
  of: Attachment,
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<number> {
  const { name, namespace } = pod.metadata;
  const spec = [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])];
  const container = spec.find((candidate) => candidate.name === of.container);
  const tty = of.tty && session.io.stdin.isTerminal;
  if (of.tty && container && !container.tty) {
    session.io.err(`error: Unable to use a TTY - container ${of.container} did not allocate one\n`);
  }
  const hasTty = tty && container?.tty === true;
  const query = new URLSearchParams({ container: of.container, stdout: 'true' });
  if (of.stdin) query.set('stdin', 'true');
  if (hasTty) query.set('tty', 'true');
  else query.set('stderr', 'true');
  if (!of.quiet) {
    session.io.err(recorded);
    session.io.err("If you don't see a command prompt, try pressing enter.\n");
  }
  const path = `${collectionPath(pods, namespace)}/${name}/attach?${query}`;
  const { io } = session;
  const code = await runRemoteCommand(session.client, path, {
    stdin: of.stdin,
    tty: hasTty,
    redraw: true,
    io,
    signal,
  });
  if (code === 0 && of.stdin && hasTty && !of.quiet && pod.spec.restartPolicy === 'Always') {
    const resume = `'kubectl attach ${name} -c ${of.container} -i -t' command when the pod is running`;
    session.io.err(`Session ended, resume using ${resume}\n`);
  }
  return code;
}

/** The same, but prints the log if attaching fails because the container has ended meanwhile. */
export async function attachOrShowLog(
  pod: Pod,
  of: Attachment,
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<void> {
  const { name } = pod.metadata;
  try {
    await attachToPod(pod, of, { session, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    session.io.err(`warning: couldn't attach to pod/${name}, falling back to streaming logs: ${messagesOf(error)}\n`);
    await showLog(pod, of, { session, signal });
  }
}

/** The container's log so far. */
export async function showLog(
  { metadata }: Pod,
  { container }: Pick<Attachment, 'container'>,
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<void> {
  const { printPodLog } = await import('./pod-log.ts');
  const { name, namespace = session.namespace } = metadata;
  await printPodLog({ name, namespace, container }, { session, signal });
}
