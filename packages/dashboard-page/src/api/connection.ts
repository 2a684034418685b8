import { messageOf } from '@typernetes/base';
import { type Status, StatusError } from '@typernetes/machinery';

/** Who is logged in. */
export interface Session {
  readonly user: { readonly username: string; readonly groups: readonly string[] };
  /** Shown with every request: the cookie alone could come from another page of this host. */
  readonly proof: string;
}

export interface ApiCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Of the body; JSON when nothing is said. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** The way to the API, with the rights of whoever is logged in. Everything rejects with StatusErrors. */
export interface Connection {
  readonly session: Session;
  /** The answer, whose body has not been read yet. */
  open(path: string, call?: ApiCall): Promise<Response>;
  json<T>(path: string, call?: ApiCall): Promise<T>;
  /** Opens a WebSocket: browsers allow a page dozens of them, but only six requests at a time by HTTP/1.1, which watches would use up. */
  socket(path: string, protocols: readonly string[]): WebSocket;
}

type Fetch = typeof fetch;

/** `ended` hears that the token is no longer good. */
export function connection(session: Session, { fetch, ended }: { fetch: Fetch; ended: () => void }): Connection {
  const open = async (path: string, call: ApiCall = {}): Promise<Response> => {
    const { method = 'GET', body, contentType = 'application/json', accept = 'application/json', signal } = call;
    const answer = await answered(() =>
      fetch(`./k8s${path}`, {
        method,
        headers: {
          accept,
          'x-dashboard-proof': session.proof,
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      }),
    );
    if (answer.status === 401) ended();
    if (!answer.ok) throw await failureOf(answer);
    return answer;
  };
  return {
    session,
    open,
    json: async <T>(path: string, call?: ApiCall): Promise<T> => (await (await open(path, call)).json()) as T,
    socket: (path, protocols) =>
      new WebSocket(new URL(`./k8s${path}`, document.baseURI).href.replace(/^http/, 'ws'), [
        ...protocols,
        `dashboard-proof.${session.proof}`,
      ]),
  };
}

/** Who is logged in, or undefined when nobody is. */
export async function currentSession(fetch: Fetch): Promise<Session | undefined> {
  const answer = await answered(() => fetch('./session'));
  if (answer.status === 401) return undefined;
  return sessionOf(answer);
}

/** Rejects with the server's refusal when the token is none. */
export const logIn = async (fetch: Fetch, token: string): Promise<Session> =>
  sessionOf(
    await answered(() =>
      fetch('./session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      }),
    ),
  );

export async function logOut(fetch: Fetch): Promise<void> {
  await answered(() => fetch('./session', { method: 'DELETE' }));
}

async function sessionOf(answer: Response): Promise<Session> {
  if (!answer.ok) throw await failureOf(answer);
  return (await answer.json()) as Session;
}

async function answered(ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new StatusError('ServiceUnavailable', `The dashboard's server cannot be reached: ${messageOf(error)}`);
  }
}

/** The failure that an answer tells of. */
async function failureOf(answer: Response): Promise<StatusError> {
  const text = await answer.text();
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === 'Status') return StatusError.fromStatus({ ...status, code: answer.status });
  } catch {
    // Not JSON: a proxy on the way has answered.
  }
  return new StatusError('Unknown', text.trim() || `The server answered ${answer.status}`, { code: answer.status });
}
