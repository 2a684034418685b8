import { containerdEvents } from './containerd-events.ts';
import type { GrpcChannel, Method } from './grpc-channel.ts';
import type { RuntimeEvent } from './messages.ts';
import { isUnimplemented } from './runtime-error.ts';

const eventsMethod: Method = {
  path: '/runtime.v1.RuntimeService/GetContainerEvents',
  request: 'cri.GetEventsRequest',
  response: 'cri.ContainerEventResponse',
};

const eventTypes = {
  CONTAINER_CREATED_EVENT: 'created',
  CONTAINER_STARTED_EVENT: 'started',
  CONTAINER_STOPPED_EVENT: 'stopped',
  CONTAINER_DELETED_EVENT: 'deleted',
} as const;

/** The CRI event stream where the runtime has it (containerd from 1.7 on), else containerd's own. */
export async function* runtimeEvents(
  channel: GrpcChannel,
  signal: AbortSignal,
  onSubscribed?: () => void,
): AsyncGenerator<RuntimeEvent> {
  try {
    const stream = channel.serverStream<{ containerId: string; containerEventType: keyof typeof eventTypes }>(
      eventsMethod,
      {},
      { signal, onHeaders: onSubscribed },
    );
    for await (const event of stream)
      yield { type: eventTypes[event.containerEventType], containerId: event.containerId };
  } catch (error) {
    if (!isUnimplemented(error)) throw error;
    yield* containerdEvents(channel, signal, onSubscribed);
  }
}
