import { reasonOf } from '@typernetes/machinery';
import type { Session } from '../../session.ts';

const root = '/apis/metrics.k8s.io/v1beta1';

/** One object, or the items of a list. Throws upstream's error if no metrics are served. */
export async function metricsAt<T>(
  path: string,
  { query, session }: { query?: URLSearchParams; session: Session },
): Promise<T[]> {
  try {
    await session.client.json('GET', '/apis/metrics.k8s.io');
  } catch (error) {
    if (reasonOf(error)) throw new Error('Metrics API not available');
    throw error;
  }
  const text = query?.toString() ?? '';
  const answer = await session.client.json<{ items?: T[] | null } & T>(
    'GET',
    `${root}/${path}${text ? `?${text}` : ''}`,
  );
  return 'items' in answer ? (answer.items ?? []) : [answer];
}
