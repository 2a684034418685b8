import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import type { CredentialProvider } from '@typernetes/api/kubelet.config/v1';
import type { PluginObserver } from '../metrics/plugin-observer.ts';
import type { RegistryEntries } from './credentials.ts';

/** The input of a plugin, written to its standard input. */
export interface PluginRequest {
  /** With the registry and without tag: `docker.io/library/nginx`. */
  readonly image: string;
  readonly serviceAccountToken?: string;
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>;
}

/** The output of a plugin, read from its standard output. */
export interface PluginAnswer {
  /** The scope in which the answer may be reused. */
  readonly cacheKeyType: 'Image' | 'Registry' | 'Global';
  /** As `6h0m0s`; default: the configuration's. */
  readonly cacheDuration?: string;
  readonly auth?: RegistryEntries;
}

export type AskPlugin = (provider: CredentialProvider, request: PluginRequest) => Promise<PluginAnswer>;

const longestMs = 60_000;

/**
 * Runs the provider's program in `binDir`. If the program fails or takes more than a minute, rejects with its standard
 * error.
 */
export function pluginIn(binDir: string): AskPlugin {
  return async ({ name, apiVersion, args = [], env = [] }, request) => {
    const input = JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion, ...request });
    const own = Object.fromEntries(env.map((one) => [one.name, one.value]));
    const problem = `error execing credential provider plugin ${name} for image ${request.image}`;
    const child = spawn(join(binDir, name), args, {
      env: { ...process.env, ...own },
      timeout: longestMs,
      killSignal: 'SIGKILL',
    });
    const [output, errors]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => void output.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void errors.push(text));
    // A program need not read what it does not care for.
    child.stdin.on('error', () => {}).end(input);
    await new Promise<void>((settle, fail) => {
      child.on('error', (cause) => fail(new Error(`${problem}: ${cause.message}: ${errors.join('')}`, { cause })));
      child.on('close', (code, signal) => {
        if (code === 0) settle();
        else fail(new Error(`${problem}: ${signal ? `signal: ${signal}` : `exit status ${code}`}: ${errors.join('')}`));
      });
    });
    return answerOf(output.join(''), apiVersion);
  };
}

/** The same, told to an observer. `now` is in milliseconds. */
export function observedPlugin(ask: AskPlugin, observer: PluginObserver, now: () => number): AskPlugin {
  return async (provider, request) => {
    const started = now();
    try {
      return await ask(provider, request);
    } catch (error) {
      observer.pluginFailed(provider.name);
      throw error;
    } finally {
      observer.pluginAsked(provider.name, (now() - started) / 1000);
    }
  };
}

function answerOf(output: string, expected: string): PluginAnswer {
  // The output may hold credentials: no message repeats any of it.
  const unreadable = new Error('error decoding credential provider plugin response from stdout');
  let answer: { apiVersion?: unknown; kind?: unknown };
  try {
    answer = JSON.parse(output) as typeof answer;
  } catch {
    throw unreadable;
  }
  if (answer?.apiVersion !== expected)
    throw new Error(
      `apiVersion from credential plugin response did not match expected apiVersion:${expected}, actual apiVersion:${answer?.apiVersion ?? ''}`,
    );
  if (answer.kind !== 'CredentialProviderResponse') throw unreadable;
  return answer as PluginAnswer;
}
