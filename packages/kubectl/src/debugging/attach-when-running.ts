import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { warningText } from '../requests/warning-text.ts';
import { watchObject } from '../resources/watch-object.ts';
import type { Session } from '../session.ts';
import { type Attachment, attachOrShowLog, showLog } from '../streaming/attach-to-pod.ts';

/** Waits until the container runs and attaches to it. Prints its log instead if it has ended or attaching fails. */
export async function attachWhenRunning(
  pod: Pod,
  of: Attachment,
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<void> {
  const { name, namespace = session.namespace } = pod.metadata;
  const type = await session.resources.byName('pods');
  let latest = pod;
  let warned = '';
  await watchObject({ type, ref: { name, namespace } }, { session, signal, timeoutMs: undefined }, (object) => {
    if (!object) throw new Error(`pods ${JSON.stringify(name)} not found`);
    latest = object as Pod;
    const state = statusOf(latest, of.container)?.state;
    const { message = '' } = state?.waiting ?? {};
    if (!of.quiet && message !== '' && message !== warned) {
      warned = message;
      session.io.err(warningText(`container ${of.container}: ${message}`, session));
    }
    return state?.running !== undefined || state?.terminated !== undefined;
  });
  const show = statusOf(latest, of.container)?.state?.terminated ? showLog : attachOrShowLog;
  await show(latest, of, { session, signal });
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}
