import { rm } from 'node:fs/promises';
import { Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { grpcCodes, messageOf } from '@typernetes/base';
import type { Method } from './grpc-channel.ts';
import type { CodecSource } from './message-codec.ts';
import { RuntimeError, runtimeCodeOf } from './runtime-error.ts';

/** Handles one method, with one response or a stream. A RuntimeError that it throws keeps its code. */
export type Handler =
  | { readonly method: Method; readonly answer: (request: never) => Promise<unknown> }
  | {
      readonly method: Method;
      /** `signal` aborts when the caller has gone; the stream must then end. */
      readonly stream: (request: never, signal: AbortSignal) => AsyncIterable<unknown>;
    };

/** Serves methods on a Unix socket until `close`. A stale socket file is replaced. */
export async function serveGrpc(
  path: string,
  handlers: readonly Handler[],
  codecs: CodecSource,
): Promise<{ close(): Promise<void> }> {
  await rm(path, { force: true });
  const server = new Server();
  const service: Record<string, unknown> = {};
  const implementation: Record<string, unknown> = {};
  for (const handler of handlers) {
    const { method } = handler;
    const [request, response] = [codecs<unknown>(method.request), codecs<unknown>(method.response)];
    service[method.path] = {
      path: method.path,
      requestStream: false,
      responseStream: 'stream' in handler,
      requestDeserialize: request.decode,
      requestSerialize: request.encode,
      responseDeserialize: response.decode,
      responseSerialize: response.encode,
    };
    if ('stream' in handler) {
      implementation[method.path] = (call: ServerWritableStream<never, unknown>) => void stream(call, handler.stream);
      continue;
    }
    const { answer } = handler;
    implementation[method.path] = (call: { request: never }, done: (error: object | null, value?: unknown) => void) =>
      void answer(call.request).then(
        (value) => done(null, value),
        (error: unknown) => done(statusOf(error)),
      );
  }
  server.addService(service as never, implementation as never);
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  return {
    close: async () => {
      server.forceShutdown();
      await rm(path, { force: true });
    },
  };
}

async function stream(
  call: ServerWritableStream<never, unknown>,
  source: (request: never, signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<void> {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  try {
    for await (const message of source(call.request, gone.signal)) call.write(message);
    call.end();
  } catch (error) {
    if (!gone.signal.aborted) call.emit('error', statusOf(error));
  }
}

function statusOf(error: unknown): { code: status; details: string } {
  return { code: codeOf(error), details: error instanceof RuntimeError ? error.details : messageOf(error) };
}

/** The number of a code is its position in the list. */
function codeOf(error: unknown): status {
  const code = runtimeCodeOf(error);
  return code === undefined ? status.UNKNOWN : grpcCodes.indexOf(code);
}
