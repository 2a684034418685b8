import type { Cluster, ExecConfig } from '@typernetes/api/clientcmd/v1';
import { codeOf, messagesOf } from '@typernetes/base';
import { parseTime } from '@typernetes/machinery';
import { load } from 'js-yaml';
import { ConfigurationError } from './configuration-error.ts';

/** A plugin's credential: a token, a certificate with its key (PEM), or both. */
export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
}

/** A plugin that is missing, has failed or has said what cannot be used. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * Runs the credential plugin of a kubeconfig (client.authentication.k8s.io v1 and v1beta1) with KUBERNETES_EXEC_INFO
 * and reads an ExecCredential from its output. It inherits standard error, and standard input too if it may be
 * interactive and `interactive` says that a user is there. Throws CredentialError with upstream's words.
 */
export function execCredential(exec: ExecConfig, of: { cluster: Cluster; interactive: boolean }): ExecCredential {
  const { apiVersion = '', command, args, env } = exec;
  if (!versions.includes(apiVersion))
    throw new ConfigurationError(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  const mode = exec.interactiveMode ?? 'IfAvailable';
  if (mode === 'Always' && !of.interactive)
    throw new CredentialError(
      'getting credentials: exec plugin cannot support interactive mode: standard input is not a terminal',
    );
  const interactive = mode !== 'Never' && of.interactive;
  const info = {
    kind: 'ExecCredential',
    apiVersion,
    spec: { ...(exec.provideClusterInfo ? { cluster: clusterInfo(of.cluster) } : {}), interactive },
  };
  // Loaded here: a program that asks no plugin does without it.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, stdout, error } = spawnSync(command, args ?? [], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    },
    stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
  });
  if (error && codeOf(error) === 'ENOENT') {
    if (command.includes('/'))
      throw new CredentialError(`getting credentials: exec: fork/exec ${command}: no such file or directory`);
    const hint = exec.installHint ? `\n\n${exec.installHint}` : '';
    throw new CredentialError(
      `getting credentials: exec: executable ${command} not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.\n\nTo learn more about this feature, consult the documentation available at:\n      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins${hint}`,
    );
  }
  if (error && codeOf(error) === 'EACCES')
    throw new CredentialError(`getting credentials: exec: fork/exec ${command}: permission denied`);
  if (error) throw new CredentialError(`getting credentials: exec: ${messagesOf(error)}`);
  if (status !== 0)
    throw new CredentialError(`getting credentials: exec: executable ${command} failed with exit code ${status}`);
  return parseCredential(stdout, apiVersion);
}

const goStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

interface Answer {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly status?: Readonly<Record<string, string>>;
}

function parseCredential(output: string, apiVersion: string): ExecCredential {
  const undecoded = (why: string): CredentialError =>
    new CredentialError(`getting credentials: decoding stdout: ${why}`);
  let answer: Answer;
  try {
    answer = (output.trim() === '' ? {} : (load(output, { json: true }) ?? {})) as Answer;
  } catch (error) {
    throw undecoded(messagesOf(error));
  }
  if (typeof answer !== 'object' || Array.isArray(answer)) {
    const kind = Array.isArray(answer) ? 'array' : typeof answer;
    throw undecoded(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${kind} into Go value of type ${goStruct}`,
    );
  }
  const returned = answer.apiVersion || 'client.authentication.k8s.io/__internal';
  const isKnown = !answer.apiVersion || versions.includes(returned);
  if ((answer.kind || 'ExecCredential') !== 'ExecCredential' || !isKnown)
    throw undecoded(
      `no kind ${JSON.stringify(answer.kind || 'ExecCredential')} is registered for version ${JSON.stringify(returned)} in scheme "pkg/client/auth/exec/exec.go:64"`,
    );
  const until = answer.status?.expirationTimestamp;
  if (until && Number.isNaN(parseTime(until)))
    throw undecoded(
      `parsing time ${JSON.stringify(until)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(until)} as "2006"`,
    );
  if (returned !== apiVersion) {
    throw new CredentialError(
      `getting credentials: exec plugin is configured to use API version ${apiVersion}, plugin returned version ${returned}`,
    );
  }
  const { status } = answer;
  if (!status) throw new CredentialError("getting credentials: exec plugin didn't return a status field");
  const { token, clientCertificateData: certificate, clientKeyData: privateKey } = status;
  if (!token && !certificate && !privateKey)
    throw new CredentialError("getting credentials: exec plugin didn't return a token or cert/key pair");
  if (Boolean(certificate) !== Boolean(privateKey))
    throw new CredentialError('getting credentials: exec plugin returned only certificate or key, not both');
  return { ...(token ? { token } : {}), ...(certificate && privateKey ? { certificate, privateKey } : {}) };
}

function clusterInfo(cluster: Cluster): object {
  const { extensions, ...rest } = cluster;
  const config = extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension;
  return { ...rest, ...(config ? { config } : {}) };
}
