import { accessSync, constants, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { CredentialError } from '@typernetes/client';

/** A plugin that may run: its path, or its name for what the PATH has by it. `name` is what `command` was called before. */
export interface AllowedPlugin {
  readonly command?: string;
  readonly name?: string;
}

/** A kuberc file's policy for credential plugins of kubeconfigs. */
export interface PluginPolicy {
  readonly credentialPluginPolicy?: string;
  readonly credentialPluginAllowlist?: readonly AllowedPlugin[];
}

/** Throws CredentialError if a kubeconfig's command may not run. */
export type PluginCheck = (command: string) => void;

/** The policy as a check; undefined if everything may run. Throws upstream's error for an invalid policy. */
export function pluginCheck(
  { credentialPluginPolicy: policy = '', credentialPluginAllowlist: allowed }: PluginPolicy,
  path: string | undefined,
): PluginCheck | undefined {
  if (!['', 'AllowAll', 'DenyAll', 'Allowlist'].includes(policy))
    throw new Error(`unknown plugin policy: ${JSON.stringify(policy)}`);
  if (policy !== 'Allowlist') {
    if (allowed)
      throw new Error(
        `misconfigured credential plugin allowlist: plugin policy is ${JSON.stringify(policy)} but allowlist is non-nil`,
      );
    return policy === 'DenyAll' ? denied : undefined;
  }
  if (!allowed) throw new Error('credential plugin policy set to "Allowlist", but allowlist is unspecified');
  if (allowed.length === 0)
    throw new Error(
      'credential plugin policy set to "Allowlist", but allowlist is empty; use "DenyAll" policy instead',
    );
  const commands = allowed.map((entry, i) => commandOf(entry, i + 1));
  return (command) => {
    if (commands.includes(command)) return;
    const found = resolved(command, path);
    if (found === undefined) {
      const why = command.includes('/')
        ? `stat ${command}: no such file or directory`
        : 'executable file not found in $PATH';
      throw new CredentialError(
        `getting credentials: plugin path ${JSON.stringify(command)} cannot be resolved for credential plugin allowlist check: exec: ${JSON.stringify(command)}: ${why}`,
      );
    }
    if (!commands.some((one) => (one.includes('/') ? one : resolved(one, path)) === found))
      throw new CredentialError(
        `getting credentials: plugin path ${JSON.stringify(found)} is not permitted by the credential plugin allowlist`,
      );
  };
}

function denied(command: string): never {
  throw new CredentialError(
    `getting credentials: plugin ${JSON.stringify(command)} not allowed: policy set to "DenyAll"`,
  );
}

function commandOf({ command, name }: AllowedPlugin, number: number): string {
  if (command && name)
    throw new Error(`misconfigured credential plugin allowlist: entry #${number} has both a command and a name`);
  const said = command || name;
  if (!said) throw new Error(`misconfigured credential plugin allowlist: empty allowlist entry #${number}`);
  const plain = normalize(said);
  if (plain !== said) throw new Error(`non-normalized file path: ${JSON.stringify(said)} vs ${JSON.stringify(plain)}`);
  return said;
}

/** The path of a command's program; undefined if there is none. */
function resolved(command: string, path = ''): string | undefined {
  if (command.includes('/')) return isProgram(command) ? command : undefined;
  return path
    .split(':')
    .map((folder) => join(folder, command))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // missing or not executable
  }
}
