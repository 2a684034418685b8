import type { Pod } from '@typernetes/api/core/v1';
import type { ImageReview } from '@typernetes/api/imagepolicy/v1alpha1';
import { type Clock, messageOf } from '@typernetes/base';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { refusal } from '../request-target.ts';

/** The plugin's part of the configuration, as upstream's file has it: times in seconds, the pause between attempts in milliseconds. */
export interface ImagePolicyConfig {
  readonly kubeConfigFile: string;
  readonly allowTTL?: number;
  readonly denyTTL?: number;
  readonly retryBackoff?: number;
  readonly defaultAllow?: boolean;
}

/** Answers that are remembered at most. */
const cacheSize = 1024;

type Status = NonNullable<ImageReview['status']>;

/** Lets an external service decide which images may run. */
export function imagePolicyWebhook(deps: {
  readonly config: ImagePolicyConfig;
  readonly post: (review: ImageReview) => Promise<unknown>;
  readonly clock: Clock;
}): AdmissionPlugin {
  const { config, clock } = deps;
  const ttl = (seconds: number | undefined): number => (seconds ? seconds : 300) * 1000;
  const known = new Map<string, { status: Status; until: number }>();

  const statusOf = async (request: AdmissionRequest, spec: NonNullable<ImageReview['spec']>): Promise<Status> => {
    const key = JSON.stringify(spec);
    const cached = known.get(key);
    if (cached && cached.until > clock.monotonic()) return cached.status;
    let status: Status;
    try {
      const review = { apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', spec } as ImageReview;
      status = ((await deps.post(review)) as ImageReview | undefined)?.status ?? {};
    } catch (error) {
      if (config.defaultAllow) {
        request.annotate?.('alpha.image-policy.k8s.io/failed-open', 'true');
        return { allowed: true };
      }
      throw refusal(request, messageOf(error));
    }
    known.delete(key);
    known.set(key, { status, until: clock.monotonic() + ttl(status.allowed ? config.allowTTL : config.denyTTL) });
    if (known.size > cacheSize) known.delete(known.keys().next().value as string);
    return status;
  };

  return {
    name: 'ImagePolicyWebhook',
    concerns: ({ operation, resource, subresource }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      resource.group === '' &&
      resource.plural === 'pods' &&
      (subresource === '' || subresource === 'ephemeralcontainers'),
    validate: async (request) => {
      const { metadata, spec } = request.object as Pod;
      const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
      const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
        key.includes('.image-policy.k8s.io/'),
      );
      const status = await statusOf(request, {
        containers: containers.map(({ image }) => ({ image: image ?? '' })),
        annotations: Object.fromEntries(annotations),
        namespace: request.namespace,
      });
      for (const [key, value] of Object.entries(status.auditAnnotations ?? {}))
        request.annotate?.(`imagepolicywebhook.image-policy.k8s.io/${key}`, value);
      if (status.allowed) return;
      throw refusal(
        request,
        status.reason
          ? `image policy webhook backend denied one or more images: ${status.reason}`
          : 'one or more images rejected by webhook backend',
      );
    },
  };
}
