import type { ServerResponse } from 'node:http';
import type { ProfileAnswer, ProfileRequest, ProfileRules } from './profiling/profile-answer.ts';

export type { ProfileAnswer, ProfileRequest, ProfileRules };

/** Whether a path is of the profiles of a program. */
export const isProfilePath = (path: string): boolean => path === '/debug/pprof' || path.startsWith('/debug/pprof/');

/**
 * The answer at a path for which {@link isProfilePath} holds. The code is loaded on the first request, since profiles
 * are rarely requested.
 */
export async function answerProfile(request: ProfileRequest, rules: ProfileRules): Promise<ProfileAnswer> {
  const { profileAnswer } = await import('./profiling/profile-answer.ts');
  return profileAnswer(request, rules);
}

/** Sends the same through Node's own server; ends early when the client disconnects. */
export async function sendProfile(url: URL, response: ServerResponse, rules: ProfileRules): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const asked = { path: url.pathname, query: url.searchParams, signal: gone.signal };
  const { status, headers, body } = await answerProfile(asked, rules);
  response.writeHead(status, headers);
  response.end(body);
}
