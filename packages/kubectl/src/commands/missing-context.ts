import { messagesOf } from '@typernetes/base';
import type { Session } from '../session.ts';

const missing = /^Error in configuration: context was not found for specified context: (.*)$/;

const missingCluster = /^no server found for cluster (".*")$/;

/** Commands that ask for what there is at all, and need no namespace, say it in other words when the context is not there. */
export function asMissingContext(error: unknown): unknown {
  const name = missing.exec(messagesOf(error))?.[1];
  if (name !== undefined) return new Error(`context ${JSON.stringify(name)} does not exist`);
  const cluster = missingCluster.exec(messagesOf(error))?.[1];
  return cluster === undefined ? error : new Error(`cluster ${cluster} does not exist`);
}

/** Throws if the kubeconfig has no server, before anything is printed. */
export function checkConfiguration(session: Pick<Session, 'client' | 'server'>): void {
  try {
    void session.client.transport;
    void session.server;
  } catch (error) {
    throw asMissingContext(error);
  }
}
