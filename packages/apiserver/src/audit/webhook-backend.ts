import type { KubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';
import type { SendBatch } from './batching.ts';

/** Posts events as an EventList of audit.k8s.io/v1. */
export function webhookSender(webhook: Pick<KubeconfigWebhook, 'post'>): SendBatch {
  return async (events) => {
    await webhook.post({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items: events });
  };
}
