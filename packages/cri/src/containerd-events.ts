import { codecOf } from './cri-codecs.ts';
import type { GrpcChannel, Method } from './grpc-channel.ts';
import type { RuntimeEvent } from './messages.ts';

const subscribe: Method = {
  path: '/containerd.services.events.v1.Events/Subscribe',
  request: 'events.SubscribeRequest',
  response: 'events.Envelope',
};

interface Envelope {
  readonly namespace: string;
  readonly topic: string;
  readonly event: { readonly typeUrl: string; readonly value: Uint8Array } | null;
}

/**
 * Starts and stops of containers from containerd's own event stream, for releases whose CRI service has none (before
 * 1.7). The stream is ahead of the CRI service: a container whose exit was announced may still be reported as running
 * for a moment.
 */
export async function* containerdEvents(
  channel: GrpcChannel,
  signal: AbortSignal,
  onSubscribed?: () => void,
): AsyncGenerator<RuntimeEvent> {
  const exit = codecOf<{ containerId: string; id: string }>('events.TaskExit');
  const start = codecOf<{ containerId: string }>('events.TaskStart');
  const filters = ['namespace==k8s.io,topic=="/tasks/exit"', 'namespace==k8s.io,topic=="/tasks/start"'];
  // containerd sends no headers before the first event, so the subscription counts as accepted once the request is on
  // its way.
  onSubscribed?.();
  for await (const { topic, event } of channel.serverStream<Envelope>(subscribe, { filters }, { signal })) {
    if (!event) continue;
    if (topic === '/tasks/start') {
      yield { type: 'started', containerId: start.decode(event.value).containerId };
    } else if (topic === '/tasks/exit') {
      const { containerId, id } = exit.decode(event.value);
      // Exec processes exit too, with an id of their own.
      if (id === containerId) yield { type: 'stopped', containerId };
    }
  }
}
