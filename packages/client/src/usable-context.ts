import { readFileSync } from 'node:fs';
import { codeOf } from '@typernetes/base';
import { ConfigurationError } from './configuration-error.ts';
import type { ResolvedContext } from './kubeconfig.ts';

/** Throws a ConfigurationError for all that is wrong with a context's cluster and user, with the words of client-go. */
export function checkUsable({ cluster, clusterName = '', user, userName = '' }: ResolvedContext): void {
  const problems: string[] = [];
  const readable = (what: string, path: string | undefined, of: string): void => {
    const failure = path ? failureToRead(path) : undefined;
    if (failure) problems.push(`unable to read ${what} ${path} for ${of} due to ${failure}`);
  };
  if (!cluster['certificate-authority-data'])
    readable('certificate-authority', cluster['certificate-authority'], clusterName);
  const methods = [...(user.token ? ['token'] : []), ...(user.username || user.password ? ['basicAuth'] : [])];
  if (user['client-certificate'] || user['client-certificate-data']) {
    if (!user['client-key'] && !user['client-key-data'])
      problems.push(
        `client-key-data or client-key must be specified for ${userName} to use the clientCert authentication method.`,
      );
    if (!user['client-certificate-data']) readable('client-cert', user['client-certificate'], userName);
    if (!user['client-key-data']) readable('client-key', user['client-key'], userName);
  }
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
