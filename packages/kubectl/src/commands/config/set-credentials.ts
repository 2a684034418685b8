import { resolve } from 'node:path';
import type { AuthInfo, ExecConfig } from '@typernetes/api/clientcmd/v1';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../../command.ts';
import type { GlobalFlags } from '../../global-flags.ts';
import type { Session } from '../../session.ts';
import { withHelp } from './arguments.ts';
import { embeddedFile } from './embedded-file.ts';

const flagSpecs = {
  'auth-provider': { type: 'string', help: 'Auth provider for the user entry in kubeconfig' },
  'auth-provider-arg': { type: 'array', help: "'key=value' arguments for the auth provider", default: [] },
  'embed-certs': { type: 'boolean', help: 'Embed client cert/key for the user entry in kubeconfig', default: false },
  'exec-api-version': {
    type: 'string',
    help: 'API version of the exec credential plugin for the user entry in kubeconfig',
  },
  'exec-arg': {
    type: 'list',
    help: 'New arguments for the exec credential plugin command for the user entry in kubeconfig',
  },
  'exec-command': { type: 'string', help: 'Command for the exec credential plugin for the user entry in kubeconfig' },
  'exec-env': { type: 'array', help: "'key=value' environment values for the exec credential plugin", default: [] },
  'exec-interactive-mode': {
    type: 'string',
    help: 'InteractiveMode of the exec credentials plugin for the user entry in kubeconfig',
  },
  'exec-provide-cluster-info': {
    type: 'boolean',
    help: 'ProvideClusterInfo of the exec credentials plugin for the user entry in kubeconfig',
  },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;

export const setCredentialsCommand = defineCommand({
  use: 'config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]',
  short: 'Set a user entry in kubeconfig',
  flags: flagSpecs,
  shownGlobals: ['client-certificate', 'client-key', 'password', 'token', 'username'],
  async run({ flags, positional }, { kubeconfigFiles, files, io, globalFlags }) {
    const [name, ...more] = positional;
    if (name === undefined || more.length > 0)
      throw await withHelp('config set-credentials', `unexpected args: [${positional.join(' ')}]`);
    const users = kubeconfigFiles.merged().users;
    const user: AuthInfo = { ...(Object.hasOwn(users, name) ? users[name] : {}) };
    setSecrets(user, globalFlags);
    await setCertificates(user, { flags, globalFlags, files });
    await setProvider(user, flags);
    await setExec(user, flags);
    kubeconfigFiles.put('users', name, user);
    io.out(`User ${JSON.stringify(name)} set.\n`);
    return 0;
  },
});

/** A token and a password exclude each other: setting one removes the other. */
function setSecrets(user: AuthInfo, { token, username, password }: ParsedFlags<GlobalFlags>): void {
  const basic = Boolean(username || password);
  if (token && basic)
    throw new Error(
      'you cannot specify more than one authentication method at the same time: --token, --username/--password',
    );
  if (basic) delete user.token;
  if (token) {
    delete user.username;
    delete user.password;
  }
  if (token !== undefined) user.token = token;
  if (username !== undefined) user.username = username;
  if (password !== undefined) user.password = password;
}

async function setCertificates(
  user: AuthInfo,
  { flags, globalFlags, files }: { flags: Flags; globalFlags: ParsedFlags<GlobalFlags>; files: Session['files'] },
): Promise<void> {
  const embed = flags['embed-certs'];
  if (embed && !globalFlags['client-certificate'] && !globalFlags['client-key'])
    throw new Error('you must specify a --client-certificate or --client-key to embed');
  for (const field of ['client-certificate', 'client-key'] as const) {
    const path = globalFlags[field];
    if (path === undefined) continue;
    delete user[field];
    delete user[`${field}-data`];
    if (embed) user[`${field}-data`] = await embeddedFile(field, path, files);
    else if (path !== '') user[field] = resolve(path);
  }
}

async function setProvider(user: AuthInfo, flags: Flags): Promise<void> {
  const name = flags['auth-provider'];
  if (name !== undefined) user['auth-provider'] = { config: {}, ...user['auth-provider'], name };
  const provider = user['auth-provider'];
  if (!provider || flags['auth-provider-arg'].length === 0) return;
  const config = Object.fromEntries(
    await changed(Object.entries(provider.config ?? {}), flags['auth-provider-arg'], 'auth-provider-arg'),
  );
  user['auth-provider'] = { ...provider, config };
}

async function setExec(user: AuthInfo, flags: Flags): Promise<void> {
  const command = flags['exec-command'];
  if (command !== undefined) {
    const { args: _before, ...exec } = user.exec ?? {};
    user.exec = { provideClusterInfo: false, ...exec, command };
  }
  if (!user.exec) return;
  const exec: ExecConfig = { ...user.exec };
  if (flags['exec-api-version'] !== undefined) exec.apiVersion = flags['exec-api-version'];
  if (flags['exec-arg']) exec.args = [...flags['exec-arg']];
  const mode = flags['exec-interactive-mode'];
  if (mode !== undefined && !['IfAvailable', 'Never', 'Always'].includes(mode))
    throw new Error('invalid interactive mode type, can be only IfAvailable, Never, Always');
  if (mode !== undefined) exec.interactiveMode = mode;
  if (flags['exec-provide-cluster-info'] !== undefined) exec.provideClusterInfo = flags['exec-provide-cluster-info'];
  if (flags['exec-env'].length > 0) {
    const pairs = (exec.env ?? []).map(({ name, value }) => [name, value] as [string, string]);
    exec.env = (await changed(pairs, flags['exec-env'], 'exec-env')).map(([name, value]) => ({ name, value }));
  }
  user.exec = exec;
}

/** `key=value` sets, `key-` removes an existing variable. */
async function changed(
  before: readonly [string, string][],
  changes: readonly string[],
  flag: string,
): Promise<[string, string][]> {
  const result = new Map(before);
  for (const change of [...changes].sort((a, b) => Number(a.includes('=')) - Number(b.includes('=')))) {
    const equals = change.indexOf('=');
    if (equals > 0) result.set(change.slice(0, equals), change.slice(equals + 1));
    else if (change.endsWith('-')) result.delete(change.slice(0, -1));
    else throw await withHelp('config set-credentials', `invalid ${flag} format: ${change}`);
  }
  return [...result];
}
