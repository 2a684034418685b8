import { readlink } from 'node:fs/promises';
import { codeOf, systemClock } from '@typernetes/base';
import { connectTo, readAnswer, rootedHost, runKubeadm, systemHost, withImageBundle } from '@typernetes/kubeadm';
import { formatBootstrapToken, newBootstrapToken } from '@typernetes/pki';
import { untilSignal } from '@typernetes/process';

const stop = untilSignal(process);

/**
 * How long the container runtime may take for an answer. Upstream gives it 2 s, which a busy machine may need to end a pod; what pulls images
 * ends by the runtime's own limits.
 */
const runtimeCallMs = 10_000;

const host = systemHost(process.env);
/** What a link points to; undefined for what is no link, or not there. */
const readLink = (path: string): Promise<string | undefined> =>
  readlink(path).catch((error: unknown) => {
    if (['EINVAL', 'ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  });

// No await at the top: the bundle is CommonJS, which starts faster.
void runKubeadm(
  process.argv.slice(2),
  {
    host,
    output: { out: (text) => void process.stdout.write(text), err: (text) => void process.stderr.write(text) },
    clock: systemClock,
    connect: connectTo,
    newToken: () => formatBootstrapToken(newBootstrapToken()),
    ask: () => readAnswer(process.stdin, stop.signal),
    hostAt: (root) => rootedHost(host, { root, readLink }),
    images: async (criSocket) => {
      const { connectRuntime } = await import('@typernetes/cri');
      const runtime = connectRuntime(criSocket, { timeoutMs: runtimeCallMs });
      const images = {
        has: async (image: string) => (await runtime.imageStatus({ image })) !== undefined,
        pull: async (image: string) => void (await runtime.pullImage({ image: { image } })),
        close: () => runtime.close(),
      };
      return withImageBundle(images, { host, criSocket });
    },
    pods: async (criSocket) => {
      const { connectRuntime } = await import('@typernetes/cri');
      const runtime = connectRuntime(criSocket, { timeoutMs: runtimeCallMs });
      return {
        list: async (labels) => (await runtime.listPodSandboxes(labels && { labels })).map(({ id }) => id),
        remove: async (id) => {
          await runtime.stopPodSandbox(id);
          await runtime.removePodSandbox(id);
        },
        close: () => runtime.close(),
      };
    },
  },
  stop.signal,
).then((code) => {
  process.exitCode = code;
  stop.release();
});
