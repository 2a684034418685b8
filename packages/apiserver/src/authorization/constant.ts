import { privilegedGroup } from '../identity/groups.ts';
import type { AccessDecision, Authorizer } from './authorizer.ts';

export const noOpinion: AccessDecision = { verdict: 'no-opinion', reason: '' };

/** `--authorization-mode=AlwaysAllow` */
export const alwaysAllow: Authorizer = { name: 'AlwaysAllow', authorize: () => ({ verdict: 'allow', reason: '' }) };

/** `--authorization-mode=AlwaysDeny` */
export const alwaysDeny: Authorizer = {
  name: 'AlwaysDeny',
  authorize: () => ({ verdict: 'no-opinion', reason: 'Everything is forbidden.' }),
};

/** `system:masters` may do everything, whatever the other authorizers say; always called first. */
export const privilegedGroupAuthorizer: Authorizer = {
  name: 'PrivilegedGroup',
  authorize: ({ user }) => (user.groups.includes(privilegedGroup) ? { verdict: 'allow', reason: '' } : noOpinion),
};
