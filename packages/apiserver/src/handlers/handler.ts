import type { Reply, ServerRequest } from '../request/server-request.ts';

/** Answers one request. Never rejects: failures are replies with a Status in them. */
export type Handler = (request: ServerRequest) => Promise<Reply>;
