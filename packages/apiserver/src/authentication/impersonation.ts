import { badRequest, goQuote, reasonOf } from '@typernetes/machinery';
import type { AccessAttributes } from '../authorization/authorizer.ts';
import type { UserInfo } from '../identity/user-info.ts';
import { headerLines } from '../request/header-lines.ts';
import type { Credentials } from './authenticator.ts';
import {
  type Impersonated,
  type ImpersonationMode,
  impersonationModes,
  legacyMode,
  type RequireAccess,
} from './impersonation-modes.ts';
import { decodedKey } from './request-header.ts';

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
    const wanted = wantedUser(credentials, constrained);
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

/** The user in the headers, as sent; undefined without one. A header counts that is there but empty. */
function wantedUser({ headers }: Credentials, constrained: boolean): UserInfo | undefined {
  const username = headers['impersonate-user'] ?? '';
  const groups = headerLines('impersonate-group', headers['impersonate-group']);
  const uid = headers['impersonate-uid'];
  const extra: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(extraPrefix)) continue;
    const key = decodedKey(name.slice(extraPrefix.length));
    extra[key] = [...(extra[key] ?? []), ...headerLines(name, value)];
  }
  const wanted = {
    username,
    groups,
    ...(uid ? { uid } : {}),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
  if (username !== '') return wanted;
  if (groups.length === 0 && !uid && wanted.extra === undefined) return undefined;
  throw badRequest(
    constrained
      ? `requested ${goUser(wanted)} without impersonating a user name`
      : `requested [${references(wanted).join(' ')}] without impersonating a user`,
  );
}

/** What is wanted, each part as upstream's server prints a reference to it. */
const references = ({ groups, extra, uid }: UserInfo): string[] => [
  ...groups.map((group) => `{Group  ${group}    }`),
  ...Object.entries(extra ?? {}).flatMap(([key, values]) =>
    values.map((value) => `{UserExtra  ${value}  authentication.k8s.io/v1  ${key}}`),
  ),
  ...(uid ? [`{UID  ${uid}  authentication.k8s.io/v1  }`] : []),
];

/** The user as Go prints the struct. */
function goUser({ username, uid, groups, extra }: UserInfo): string {
  const list = (values: readonly string[]): string => `[]string{${values.map(goQuote).join(', ')}}`;
  const members = Object.entries(extra ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const extras = members.map(([key, values]) => `${goQuote(key)}:${list(values)}`).join(', ');
  const fields = [
    `Name:${goQuote(username)}`,
    `UID:${goQuote(uid ?? '')}`,
    `Groups:${groups.length > 0 ? list(groups) : '[]string(nil)'}`,
    `Extra:map[string][]string${extra ? `{${extras}}` : '(nil)'}`,
  ];
  return `&user.DefaultInfo{${fields.join(', ')}}`;
}

/** Whether a request asks to be made as somebody else, or for parts of that. */
export function asksImpersonation(headers: Credentials['headers']): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}
