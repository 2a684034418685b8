import { badRequest, reasonOf } from '@typernetes/machinery';
import type { AccessAttributes } from '../authorization/authorizer.ts';
import type { Credentials, UserInfo } from './authenticator.ts';
import {
  type Impersonated,
  type ImpersonationMode,
  impersonationModes,
  legacyMode,
  type RequireAccess,
} from './impersonation-modes.ts';
import { extraOf, headerValues } from './request-header.ts';

const extraPrefix = 'impersonate-extra-';

/** `access`: what the request is about, asked by its sender. */
export type Impersonate = (
  sender: UserInfo,
  credentials: Credentials,
  access: AccessAttributes,
) => Promise<Impersonated>;

/** How many senders' last modes are remembered. */
const maxRemembered = 1024;

/**
 * Runs requests as the user in their `Impersonate-*` headers, if the sender may. With `constrained`
 * [ConstrainedImpersonation] the narrower modes are tried before the legacy one, the sender's last successful one
 * first. If no mode allows it, rejects with the first mode's error; groups or extra without a user are a BadRequest.
 */
export function impersonator(requireAccess: RequireAccess, { constrained }: { constrained: boolean }): Impersonate {
  const all: readonly ImpersonationMode[] = constrained ? impersonationModes : [legacyMode];
  const last = new Map<string, ImpersonationMode>();
  return async (sender, credentials, access) => {
    const wanted = wantedUser(credentials);
    if (!wanted) return { user: sender };
    const remembered = last.get(sender.username);
    const modes = remembered ? [remembered, ...all.filter((mode) => mode !== remembered)] : all;
    let first: unknown;
    for (const mode of modes) {
      if (!mode.applies(wanted, sender)) continue;
      try {
        const found = await mode.impersonate(wanted, { sender, access, requireAccess });
        if (mode !== remembered) {
          if (last.size >= maxRemembered) last.clear();
          last.set(sender.username, mode);
        }
        return found;
      } catch (error) {
        if (reasonOf(error) !== 'Forbidden') throw error;
        first ??= error;
      }
    }
    throw first;
  };
}

/** The user in the headers, as sent; undefined without one. */
function wantedUser(credentials: Credentials): UserInfo | undefined {
  const username = credentials.headers['impersonate-user'];
  const groups = headerValues(credentials, ['impersonate-group']);
  const uid = credentials.headers['impersonate-uid'];
  const extra = extraOf(credentials, [extraPrefix]);
  if (username) return { username, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
  if (groups.length > 0 || uid || extra) {
    // Each as upstream's server prints a reference to it.
    const requests = [
      ...groups.map((group) => `{Group  ${group}    }`),
      ...Object.entries(extra ?? {}).flatMap(([key, values]) =>
        values.map((value) => `{UserExtra  ${value}  authentication.k8s.io/v1  ${key}}`),
      ),
      ...(uid ? [`{UID  ${uid}  authentication.k8s.io/v1  }`] : []),
    ];
    throw badRequest(`requested [${requests.join(' ')}] without impersonating a user`);
  }
  return undefined;
}

/** Whether a request asks to be made as somebody else, or for parts of that. */
export function asksImpersonation(headers: Credentials['headers']): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}
