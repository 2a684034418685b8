import { readFile } from 'node:fs/promises';
import { type Clock, isAbort, type Logger, messageOf, type Runnable } from '@typernetes/base';
import type { CompleteConfiguration } from '@typernetes/kubelet';
import { pairProblem, readCertificates } from '@typernetes/pki';
import type { Serving } from '@typernetes/process';

interface ServingFiles {
  readonly config: Pick<CompleteConfiguration, 'tlsCertFile' | 'tlsPrivateKeyFile' | 'authentication'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Logger;
}

const periodMs = 10_000;

/**
 * Picks up changes of the files that the configuration names: the serving certificate (upstream's gate
 * ReloadKubeletServerCertificateFile, on by default) and the client CA. Invalid files are ignored.
 */
export function followServingFiles(
  serving: Pick<Serving, 'replaceIdentity' | 'replaceClientCa'>,
  { config, clock, log }: ServingFiles,
): readonly Runnable[] {
  const { tlsCertFile, tlsPrivateKeyFile } = config;
  const { clientCaFile } = config.authentication;
  const followed: (readonly [what: string, files: readonly string[], take: (texts: readonly string[]) => void])[] = [];
  if (tlsCertFile && tlsPrivateKeyFile)
    followed.push([
      'server certificate',
      [tlsCertFile, tlsPrivateKeyFile],
      ([certificate = '', privateKey = '']) => {
        const problem = pairProblem(certificate, privateKey);
        if (problem !== undefined) throw new Error(problem);
        serving.replaceIdentity({ certificate, privateKey });
      },
    ]);
  if (clientCaFile)
    followed.push([
      'client authority',
      [clientCaFile],
      ([pem = '']) => {
        readCertificates(pem);
        serving.replaceClientCa(pem);
      },
    ]);
  if (followed.length === 0) return [];
  const follower: Runnable = {
    name: 'serving-files',
    async run(signal) {
      const taken = new Map<string, string>();
      try {
        // The first contents were already read when serving began; taking them again changes nothing.
        for (; ; await clock.sleep(periodMs, signal)) {
          for (const [what, files, take] of followed) {
            try {
              const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
              const text = texts.join('\n');
              if (taken.get(what) === text) continue;
              take(texts);
              if (taken.has(what)) log.info('Reloaded files', { what });
              taken.set(what, text);
            } catch (error) {
              log.error('Cannot reload files', error, { what, reason: messageOf(error) });
            }
          }
        }
      } catch (error) {
        if (!isAbort(error, signal)) throw error;
      }
    },
  };
  return [follower];
}
