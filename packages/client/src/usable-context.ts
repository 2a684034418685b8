import { readFileSync } from 'node:fs';
import type { AuthInfo } from '@typernetes/api/clientcmd/v1';
import { codeOf } from '@typernetes/base';
import { ConfigurationError } from './configuration-error.ts';
import type { ResolvedContext } from './kubeconfig.ts';

/** Throws a ConfigurationError for all problems of a context's cluster and user, with the words of client-go. */
export function checkUsable({ cluster, clusterName = '', user, userName = '' }: ResolvedContext): void {
  const problems: string[] = [];
  const readable = (what: string, path: string | undefined, of: string): void => {
    const failure = path ? failureToRead(path) : undefined;
    if (failure) problems.push(`unable to read ${what} ${path} for ${of} due to ${failure}`);
  };
  const both = (what: string, fields: readonly [string | undefined, string | undefined], of: string): void => {
    if (fields[0] && fields[1]) problems.push(`${what}-data and ${what} are both specified for ${of}${bothEnds[what]}`);
  };
  const proxy = cluster['proxy-url'];
  if (proxy) {
    const failure = wrongProxy(proxy);
    if (failure)
      problems.push(
        `invalid 'proxy-url' ${JSON.stringify(proxy)} for cluster ${JSON.stringify(clusterName)}: ${failure}`,
      );
  }
  const authority = cluster['certificate-authority'];
  both('certificate-authority', [cluster['certificate-authority-data'], authority], clusterName);
  readable('certificate-authority', authority, clusterName);
  const methods = [...(user.token ? ['token'] : []), ...(user.username || user.password ? ['basicAuth'] : [])];
  if (user['client-certificate'] || user['client-certificate-data']) {
    both('client-cert', [user['client-certificate-data'], user['client-certificate']], userName);
    both('client-key', [user['client-key-data'], user['client-key']], userName);
    if (!user['client-key'] && !user['client-key-data'])
      problems.push(
        `client-key-data or client-key must be specified for ${userName} to use the clientCert authentication method.`,
      );
    readable('client-cert', user['client-certificate'], userName);
    readable('client-key', user['client-key'], userName);
  }
  if (user.exec) problems.push(...pluginProblems(user, userName));
  if (methods.length > 1)
    problems.push(
      `more than one authentication method found for ${userName}; found [${methods.join(' ')}], only one is allowed`,
    );
  if (!user.as && (user['as-uid'] || user['as-groups']?.length || user['as-user-extra']))
    problems.push(`requesting uid, groups or user-extra for ${userName} without impersonating a user`);
  if (problems.length === 1) throw new ConfigurationError(problems[0] as string);
  if (problems.length > 1)
    throw new ConfigurationError(`Error in configuration: \n${problems.map((one) => `* ${one}`).join('\n')}`);
}

/** The endings of upstream's messages. */
const bothEnds: Readonly<Record<string, string>> = {
  'certificate-authority': '. certificate-authority-data will override.',
  'client-cert': '. client-cert-data will override.',
  'client-key': '; client-key-data will override',
};

function wrongProxy(text: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return /:/.test(text) ? `could not parse: ${text}` : unsupported('');
  const [scheme = ''] = text.split('://');
  return ['http', 'https', 'socks5'].includes(scheme.toLowerCase()) ? undefined : unsupported(scheme);
}

const unsupported = (scheme: string): string =>
  `unsupported scheme ${JSON.stringify(scheme)}, must be http, https, or socks5`;

function pluginProblems({ exec, 'auth-provider': provider }: AuthInfo, userName: string): string[] {
  const { command, apiVersion, env, interactiveMode } = exec as Partial<NonNullable<typeof exec>>;
  const problems: string[] = [];
  const use = `for ${userName} to use exec authentication plugin`;
  if (provider) problems.push(`authProvider cannot be provided in combination with an exec plugin for ${userName}`);
  if (!command) problems.push(`command must be specified ${use}`);
  if (!apiVersion) problems.push(`apiVersion must be specified ${use}`);
  for (const { name } of env ?? []) if (!name) problems.push(`env variable name must be specified ${use}`);
  // Before v1 there was a default mode.
  const isOptional = /\/v1(alpha|beta)1$/.test(apiVersion ?? '');
  if (!interactiveMode && !isOptional) problems.push(`interactiveMode must be specified ${use}`);
  if (interactiveMode && !['Never', 'IfAvailable', 'Always'].includes(interactiveMode))
    problems.push(`invalid interactiveMode for ${userName}: ${JSON.stringify(interactiveMode)}`);
  return problems;
}

function failureToRead(path: string): string | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return `open ${path}: no such file or directory`;
    if (code === 'EACCES') return `open ${path}: permission denied`;
    if (code === 'EISDIR') return `read ${path}: is a directory`;
    throw error;
  }
}
