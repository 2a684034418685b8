import type { SubjectAccessReviewSpec } from '@typernetes/api/authorization/v1';

/** One authorizer of the chain, as configured by a file or flags. */
export interface AuthorizerChoice {
  readonly type: string;
  readonly name: string;
  readonly webhook?: WebhookChoice;
}

export interface WebhookChoice {
  /** A kubeconfig; undefined: the cluster's own, from inside of a pod. */
  readonly kubeconfigFile: string;
  readonly version: string;
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  readonly timeoutMs: number;
  readonly onFailure: 'no-opinion' | 'deny';
  /** Whether it is called for an access. Throws when an expression cannot be evaluated. */
  readonly isAsked?: (spec: SubjectAccessReviewSpec) => boolean;
}
