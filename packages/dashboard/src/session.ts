import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SelfSubjectReview } from '@typernetes/api/authentication/v1';
import { readBody, responseError, type Transport } from '@typernetes/client';
import { failure, sendJson } from './json-answer.ts';
import { requestBody } from './request-body.ts';
import { isForeign } from './request-guard.ts';
import { endedCookie, isToken, keptCookie, maxTokenLength, proofOf, tokenOf } from './session-cookie.ts';

/**
 * `session`: POST with `{"token": "..."}` logs in, GET returns the user, DELETE logs out. The API server says whose the
 * token is, asked with that token: the dashboard has no permissions of its own. Throws StatusErrors.
 */
export async function answerSession(
  request: IncomingMessage,
  response: ServerResponse,
  transport: Transport,
): Promise<void> {
  if (isForeign(request.headers)) throw failure('Forbidden', 'Requests of other sites are refused');
  if (request.method === 'POST') {
    const token = await shownToken(request);
    const user = await userOf(token, transport);
    return sendJson(response, { user, proof: proofOf(token) }, { headers: { 'set-cookie': keptCookie(token) } });
  }
  if (request.method === 'DELETE') return sendJson(response, {}, { headers: { 'set-cookie': endedCookie } });
  if (request.method !== 'GET') throw failure('MethodNotAllowed', 'the server does not allow this method on sessions');
  const token = tokenOf(request.headers.cookie);
  if (token === undefined) throw failure('Unauthorized', 'Nobody is logged in');
  sendJson(response, { user: await userOf(token, transport), proof: proofOf(token) });
}

/** Forms of other sites cannot send JSON without being asked first. */
async function shownToken(request: IncomingMessage): Promise<string> {
  if (request.headers['content-type']?.split(';')[0] !== 'application/json')
    throw failure('UnsupportedMediaType', 'A token is sent as application/json');
  const text = (await requestBody(request, 64 * 1024)).toString();
  const token = tokenIn(text);
  if (token === undefined || !isToken(token)) throw failure('BadRequest', 'This is not a bearer token');
  if (token.length > maxTokenLength)
    throw failure('BadRequest', `A token of more than ${maxTokenLength} characters does not fit into a cookie`);
  return token;
}

function tokenIn(text: string): string | undefined {
  try {
    const { token } = JSON.parse(text) as { token?: unknown };
    return typeof token === 'string' ? token.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The user of a token. A refusal is the API server's own: 401 for an unknown token. */
async function userOf(token: string, transport: Transport): Promise<{ username: string; groups: string[] }> {
  const answer = await transport.request({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }),
  });
  if (answer.status !== 201) throw await responseError(answer);
  const { status } = JSON.parse(Buffer.from(await readBody(answer)).toString()) as SelfSubjectReview;
  const { username = '', groups = [] } = status?.userInfo ?? {};
  return { username, groups };
}
