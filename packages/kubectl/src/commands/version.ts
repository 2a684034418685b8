import { version } from '@typernetes/base';
import { versionInfo } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { kustomizeVersion } from '../kustomize/kustomize-version.ts';
import type { Session } from '../session.ts';
import { checkConfiguration } from './missing-context.ts';

export const versionCommand = defineCommand({
  use: 'version [flags]',
  short: 'Print the client and server version information',
  flags: {
    client: { type: 'boolean', help: 'If true, shows client version only (no server required).', default: false },
    output: { type: 'string', short: 'o', help: "One of 'yaml' or 'json'.", default: '' },
  } as const,
  runOffline({ flags, positional }, { io }) {
    if (positional.length > 0 && !flags.client) throw new Error(`extra arguments: [${positional.join(' ')}]`);
    if (flags.output !== '' && flags.output !== 'json' && flags.output !== 'yaml')
      throw new Error("--output must be 'yaml' or 'json'");
    if (!flags.client || flags.output === 'yaml') return undefined;
    io.out(flags.output === 'json' ? `${JSON.stringify(own, undefined, 2)}\n` : ownText);
    return 0;
  },
  async run({ flags }, session) {
    if (!flags.client) checkConfiguration(session);
    const [serverVersion, failure] = flags.client ? [] : await askServer(session);
    const all = { ...own, ...(serverVersion ? { serverVersion } : {}) };
    if (flags.output === 'json') session.io.out(`${JSON.stringify(all, undefined, 2)}\n`);
    else if (flags.output === 'yaml') {
      const { encodeYaml } = await import('../printing/yaml.ts');
      session.io.out(encodeYaml(all));
    } else {
      session.io.out(ownText);
      if (serverVersion) session.io.out(`Server Version: ${serverVersion.gitVersion}\n`);
    }
    // The client's version is printed even if the server does not answer.
    if (failure) throw failure;
    if (serverVersion) session.io.err(skewWarning(all.clientVersion, serverVersion));
    return 0;
  },
});

const ownText = `Client Version: ${version}\nKustomize Version: ${kustomizeVersion}\n`;

const own = { clientVersion: versionInfo, kustomizeVersion };

interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

async function askServer(session: Session): Promise<[VersionInfo | undefined, Error?]> {
  try {
    return [await session.client.json<VersionInfo>('GET', '/version')];
  } catch (error) {
    return [undefined, error as Error];
  }
}

/** The warning for servers more than one minor version away; undefined otherwise. */
export function skewWarning(client: VersionInfo, server: VersionInfo): string {
  const numbers = [client, server].map(
    ({ major, minor }) => [Number.parseInt(major, 10), Number.parseInt(minor, 10)] as const,
  );
  const [[clientMajor, clientMinor], [serverMajor, serverMinor]] = numbers as [
    readonly [number, number],
    readonly [number, number],
  ];
  if (clientMajor === serverMajor && Math.abs(clientMinor - serverMinor) <= 1) return '';
  const [ours, theirs] = numbers.map(([major, minor]) => `${major}.${minor}`);
  return `Warning: version difference between client (${ours}) and server (${theirs}) exceeds the supported minor version skew of +/-1\n`;
}
