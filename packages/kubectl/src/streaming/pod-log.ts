import { pods } from '@typernetes/api/core/v1';
import { responseError } from '@typernetes/client';
import { collectionPath } from '@typernetes/machinery';
import type { Session } from '../session.ts';

/** Prints a container's log so far. */
export async function printPodLog(
  { name, namespace, container }: { name: string; namespace: string; container: string },
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<void> {
  const path = `${collectionPath(pods, namespace)}/${name}/log?container=${encodeURIComponent(container)}`;
  const response = await session.client.transport.request({ method: 'GET', path, signal });
  if (response.status < 200 || response.status > 299) throw await responseError(response);
  for await (const chunk of response.body) session.io.outBytes(chunk);
}
