import type { ServerResponse } from 'node:http';
import type { ProfileAnswer, ProfileRequest, ProfileRules } from './profiling/profile-answer.ts';

export type { ProfileAnswer, ProfileRequest, ProfileRules };

/** Whether a path is of the profiles of a program. */
export const isProfilePath = (path: string): boolean => path === '/debug/pprof' || path.startsWith('/debug/pprof/');

/** What a path for which {@link isProfilePath} holds answers. All of it is loaded with the first request: hardly any program is looked into. */
export async function answerProfile(request: ProfileRequest, rules: ProfileRules): Promise<ProfileAnswer> {
  const { profileAnswer } = await import('./profiling/profile-answer.ts');
  return profileAnswer(request, rules);
}

/** The same as Node's own server answers it; a client that goes away ends what is taken for it. */
export async function sendProfile(url: URL, response: ServerResponse, rules: ProfileRules): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const asked = { path: url.pathname, query: url.searchParams, signal: gone.signal };
  const { status, headers, body } = await answerProfile(asked, rules);
  response.writeHead(status, headers);
  response.end(body);
}
