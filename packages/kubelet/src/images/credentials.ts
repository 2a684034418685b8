import type { Secret } from '@typernetes/api/core/v1';
import type { AuthConfig } from '@typernetes/cri';
import { qualified } from './image-name.ts';
import { matchesImage } from './match-image.ts';

/** The credentials for a registry, or for a path in it; `auth` is `username:password` in base64. */
interface RegistryEntry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
}

/** By registry or path; the host name may contain wildcards. */
export type RegistryEntries = Readonly<Record<string, RegistryEntry>>;

/** The credentials of a docker configuration secret that fit the image, those for the most particular place first. */
export function registryCredentials(secret: Pick<Secret, 'data'>, image: string): AuthConfig[] {
  const text = (data: string | undefined): string => Buffer.from(data ?? '', 'base64').toString();
  return matchingCredentials(
    {
      ...dockerEntries(text(secret.data?.['.dockercfg']), 'plain'),
      ...dockerEntries(text(secret.data?.['.dockerconfigjson']), 'auths'),
    },
    image,
  );
}

/** The entries that match the image, most specific first. */
export function matchingCredentials(entries: RegistryEntries, image: string): AuthConfig[] {
  const target = qualified(image);
  return Object.entries(entries)
    .map(([key, entry]) => ({ place: placeOf(key), entry }))
    .filter(({ place }) => matchesImage(place, target))
    .sort((a, b) => (a.place < b.place ? 1 : a.place > b.place ? -1 : 0))
    .map(({ entry, place }) => ({ ...userOf(entry), serverAddress: place.split('/')[0] ?? place }));
}

/**
 * Parses Docker's files: `.dockercfg` consists of the entries, `config.json` has them under `auths`. Throws if it is
 * not JSON.
 */
export function dockerEntries(text: string, form: 'plain' | 'auths'): RegistryEntries {
  if (text === '') return {};
  const document = JSON.parse(text) as { auths?: RegistryEntries };
  return form === 'plain' ? (document as RegistryEntries) : (document.auths ?? {});
}

function userOf({ username, password, auth }: RegistryEntry): AuthConfig {
  if (username !== undefined || auth === undefined) return { username: username ?? '', password: password ?? '' };
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** `https://index.docker.io/v1/` is how Docker names its own registry. */
function placeOf(key: string): string {
  const place = key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
  return place === 'index.docker.io' ? 'docker.io' : place;
}
