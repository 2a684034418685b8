import { version } from '@typernetes/base';
import type { Session } from './session.ts';

/** Throws unless the server has this program's version, for `--match-server-version`. */
export async function checkSameVersion(session: Pick<Session, 'client'>): Promise<void> {
  const server = await session.client.json<Record<string, string>>('GET', '/version');
  if (server.gitVersion === version) return;
  const fields = (of: Record<string, string>): string =>
    Object.entries(of)
      .map(([name, value]) => `${name[0]?.toUpperCase()}${name.slice(1)}:${JSON.stringify(value)}`)
      .join(', ');
  const own = fields({ gitVersion: version });
  throw new Error(
    `server version (&version.Info{${fields(server)}}) differs from client version (version.Info{${own}})`,
  );
}
