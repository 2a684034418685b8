import { rm } from 'node:fs/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { messageOf } from '@typernetes/base';
import type { Method } from './grpc-channel.ts';
import type { CodecSource } from './proto-facts.ts';
import { grpcCodes, RuntimeError, runtimeCodeOf } from './runtime-error.ts';

/** Answers one method; a RuntimeError that it rejects with keeps its code. */
export interface Handler {
  readonly method: Method;
  readonly answer: (request: never) => Promise<unknown>;
}

/** Serves methods on a Unix socket until `close`. A socket that was left behind is replaced. */
export async function serveGrpc(
  path: string,
  handlers: readonly Handler[],
  codecs: CodecSource,
): Promise<{ close(): Promise<void> }> {
  await rm(path, { force: true });
  const server = new Server();
  const service: Record<string, unknown> = {};
  const implementation: Record<string, unknown> = {};
  for (const { method, answer } of handlers) {
    const [request, response] = [codecs<unknown>(method.request), codecs<unknown>(method.response)];
    service[method.path] = {
      path: method.path,
      requestStream: false,
      responseStream: false,
      requestDeserialize: request.decode,
      requestSerialize: request.encode,
      responseDeserialize: response.decode,
      responseSerialize: response.encode,
    };
    implementation[method.path] = (call: { request: never }, done: (error: object | null, value?: unknown) => void) =>
      void answer(call.request).then(
        (value) => done(null, value),
        (error: unknown) =>
          done({ code: codeOf(error), details: error instanceof RuntimeError ? error.details : messageOf(error) }),
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

/** Codes are numbered in the order of their list. */
function codeOf(error: unknown): status {
  const code = runtimeCodeOf(error);
  return code === undefined ? status.UNKNOWN : grpcCodes.indexOf(code);
}
