import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestInfo } from '../request/request-info.ts';

/** What someone wants to do. */
export interface AccessAttributes
  extends Pick<
    RequestInfo,
    | 'isResourceRequest'
    | 'path'
    | 'verb'
    | 'apiGroup'
    | 'apiVersion'
    | 'namespace'
    | 'resource'
    | 'subresource'
    | 'name'
  > {
  readonly user: UserInfo;
  /** The field selector of a list or watch as it was sent, "" without one; undefined when nobody looked. */
  readonly fieldSelector?: string;
  /** The label selector, likewise. */
  readonly labelSelector?: string;
}

export interface AccessDecision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion';
  readonly reason: string;
}

/** Asked in order; the first that does not say no-opinion decides, and no-opinion from all means deny. */
export interface Authorizer {
  readonly name: string;
  authorize(access: AccessAttributes): AccessDecision | Promise<AccessDecision>;
}

/** The first verdict of the authorizers; a deny with every reason when none has an opinion. */
export type Authorize = (access: AccessAttributes) => AccessDecision | Promise<AccessDecision>;
