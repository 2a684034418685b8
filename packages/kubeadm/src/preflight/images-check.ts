import { imageRepository, messagesOf } from '@typernetes/base';
import type { ImagePuller } from '../command-deps.ts';
import type { NodeRegistration } from '../config/internal.ts';
import { controlPlaneImages } from '../images.ts';
import type { InitContext } from '../init-context.ts';
import { logStep } from '../log-lines.ts';
import type { Output } from '../output.ts';
import { type Check, runChecks } from './check.ts';

/** Pulls the images, or reports which could not be pulled, why, and what to do. */
export function imagesCheck(
  images: readonly string[],
  options: {
    readonly runtime: ImagePuller;
    readonly imagePullPolicy: NodeRegistration['imagePullPolicy'];
    readonly imagePullSerial: boolean;
    readonly signal: AbortSignal;
    readonly output: Output;
  },
): Check {
  const { runtime, imagePullPolicy, imagePullSerial, signal, output } = options;
  const problemOf = async (image: string): Promise<string[]> => {
    try {
      if (imagePullPolicy === 'IfNotPresent' && (await runtime.has(image))) {
        logStep(output, 'checks.go:844', `image exists: ${image}`);
        return [];
      }
      logStep(output, 'checks.go:869', `pulling: ${image}`);
      await pullImage(runtime, { image, signal });
      return [];
    } catch (error) {
      signal.throwIfAborted();
      return [`failed to pull image "${image}": ${messagesOf(error)}${adviceFor(image)}`];
    }
  };
  return {
    name: 'ImagePull',
    log: ['checks.go:826', `using image pull policy: ${imagePullPolicy}`],
    async run() {
      if (imagePullPolicy === 'Never') return {};
      if (!imagePullSerial) return { errors: (await Promise.all(images.map(problemOf))).flat() };
      const errors: string[] = [];
      for (const image of images) errors.push(...(await problemOf(image)));
      return { errors };
    },
  };
}

/** Upstream's number of attempts (kubeadmconstants.PullImageRetry). */
const pullAttempts = 5;

/**
 * Pulls an image, with retries. How long a pull may stand still is the runtime's to say: its interface does not tell how far one has come, and a limit
 * for the whole would end slow ones. Whoever interrupts the command does not wait for it.
 */
export async function pullImage(
  runtime: Pick<ImagePuller, 'pull'>,
  { image, signal }: { image: string; signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await unlessAborted(runtime.pull(image), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === pullAttempts) throw error;
    }
  }
}

/** Rejects as soon as the signal aborts, although the work goes on. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  return promise;
}

/** Our own images come from an archive: no registry has them. */
const adviceFor = (image: string): string =>
  image.startsWith(`${imageRepository}/`)
    ? '. Load the bundle of images of this release: "typernetes images load FILE"'
    : '\nSuggestion: see that the container runtime reaches the registry, or name a mirror with --image-repository';

/** Ensures that the control plane's images are available before anything is changed; `who` prefixes the output. Throws if they cannot be pulled. */
export async function pullControlPlaneImages(
  context: Pick<InitContext, 'config' | 'host' | 'output' | 'images' | 'dryRun'>,
  { who, signal }: { who: string; signal: AbortSignal },
): Promise<void> {
  const { config, host, output, images, dryRun } = context;
  if (dryRun) {
    output.out("[dryrun] Would pull the required images (like 'kubeadm config images pull')\n");
    return;
  }
  output.out(`[${who}] Pulling images required for setting up a Kubernetes cluster
[${who}] This might take a minute or two, depending on the speed of your internet connection
[${who}] You can also perform this action beforehand using 'kubeadm config images pull'
`);
  const { criSocket, imagePullPolicy, imagePullSerial, ignorePreflightErrors } = config.node;
  const runtime = await images(criSocket);
  try {
    const check = imagesCheck(controlPlaneImages(config.cluster), {
      runtime,
      imagePullPolicy,
      imagePullSerial,
      signal,
      output,
    });
    await runChecks([check], { host, output }, ignorePreflightErrors);
  } finally {
    runtime.close();
  }
}
