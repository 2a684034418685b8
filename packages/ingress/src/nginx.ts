import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import type { Logger, Runnable } from '@typernetes/base';
import { certificateFile } from './nginx-config.ts';

export interface NginxOptions {
  readonly program: string;
  readonly folder: string;
  readonly log: Logger;
}

/** Why nginx rejects a configuration, and where. */
interface Refusal {
  /** nginx's message. */
  readonly why: string;
  /** The line of the configuration, counted from 1; undefined when nginx gives none. */
  readonly line: number | undefined;
}

/** Runs nginx as a child process in the foreground, serving the last configuration that it accepted. */
export class Nginx implements Runnable {
  readonly name = 'nginx';
  readonly #options: NginxOptions;
  readonly #file: string;
  readonly #written = new Map<string, string>();
  #child: ChildProcess | undefined;
  #served = '';
  /** Whether certificates have changed since it last read them. */
  #fresh = false;

  constructor(options: NginxOptions) {
    this.#options = options;
    this.#file = `${options.folder}/nginx.conf`;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Makes nginx serve this configuration; requests under way finish with the one they started under. If nginx rejects
   * it, returns why, and nginx keeps the previous one.
   */
  async serve(
    config: string,
    certificates: ReadonlyMap<string, string>,
  ): Promise<{ readonly changed: boolean; readonly refusal?: Refusal }> {
    this.#fresh = (await this.#writeCertificates(certificates)) || this.#fresh;
    if (config === this.#served && !this.#fresh) return { changed: false };
    const candidate = `${this.#file}.new`;
    await writeFile(candidate, config);
    const refusal = await this.#refusal(candidate);
    if (refusal) return { changed: false, refusal };
    await rename(candidate, this.#file);
    this.#served = config;
    this.#fresh = false;
    if (this.isRunning) this.#child?.kill('SIGHUP');
    return { changed: true };
  }

  /** Rejects when nginx exits; when told to stop, ends after the requests under way are answered. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { program, log } = this.#options;
    const child = spawn(program, ['-e', 'stderr', '-c', this.#file], { stdio: ['ignore', 'inherit', 'inherit'] });
    this.#child = child;
    const quit = (): void => void child.kill('SIGQUIT');
    signal.addEventListener('abort', quit, { once: true });
    const [code, by] = await once(child, 'exit');
    signal.removeEventListener('abort', quit);
    if (!signal.aborted) throw new Error(`nginx ended (${by ?? `exit code ${code}`})`);
    log.info('nginx ended');
  }

  async #refusal(file: string): Promise<Refusal | undefined> {
    // nginx could not open a log that is one of Node's pipes, because those are sockets.
    const child = spawn(this.#options.program, ['-t', '-q', '-e', 'stderr', '-c', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = child.stderr.setEncoding('utf8').toArray();
    const [code, by] = await once(child, 'close');
    return code === 0 ? undefined : refusalOf((await said).join('') || `nginx -t ended by ${by}`, file);
  }

  /** Certificates are written before the configuration; unused files are removed at the next change. */
  async #writeCertificates(certificates: ReadonlyMap<string, string>): Promise<boolean> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    let fresh = false;
    for (const [name, pem] of certificates) {
      if (this.#written.get(name) === pem) continue;
      await writeFile(certificateFile(folder, name), pem, { mode: 0o600 });
      this.#written.set(name, pem);
      fresh = true;
    }
    for (const name of [...this.#written.keys()].filter((name) => !certificates.has(name))) {
      await rm(certificateFile(folder, name), { force: true });
      this.#written.delete(name);
    }
    return fresh;
  }
}

/** Parses `… [emerg] 7#7: unknown directive "x" in FILE:12`; the quoted text may be anything within one line. */
function refusalOf(said: string, file: string): Refusal {
  const message = said.split('\n').find((line) => line.includes('[emerg]')) ?? said.trim();
  const why = message.replace(/^.*?\[emerg\] \d+#\d+: /, '');
  const place = ` in ${file}:`;
  const at = why.lastIndexOf(place);
  const line = Number(why.slice(at + place.length));
  return at < 0 || !Number.isInteger(line) ? { why, line: undefined } : { why: why.slice(0, at), line };
}
