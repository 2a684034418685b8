import type { ApiClient } from '@typernetes/client';
import { channel, type RemoteMessage, type RemoteProcess } from './remote-process.ts';
import { openWebSocket } from './web-socket.ts';

/** The protocol that can tell the end of the input. */
export const endsInput = 'v5.channel.k8s.io';

/** The first byte of every message names its channel. */
export async function openWebSocketProcess(
  client: Pick<ApiClient, 'transport'>,
  path: string,
  options: { protocols: readonly string[]; signal: AbortSignal },
): Promise<RemoteProcess> {
  const socket = await openWebSocket(client, path, options);
  const send: RemoteProcess['send'] = ({ channel, payload }) =>
    socket.send(Buffer.concat([Buffer.from([channel]), payload]));
  return {
    messages: messagesOf(socket.messages),
    send,
    endInput: async () => {
      if (socket.protocol === endsInput) await send({ channel: channel.close, payload: Buffer.from([channel.stdin]) });
    },
    close: () => socket.close(),
  };
}

async function* messagesOf(messages: AsyncIterable<Uint8Array>): AsyncGenerator<RemoteMessage> {
  for await (const message of messages) yield { channel: message[0] ?? -1, payload: message.subarray(1) };
}
