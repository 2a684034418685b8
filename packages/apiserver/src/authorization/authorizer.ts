import type { UserInfo } from '../identity/user-info.ts';
import type { RequestInfo } from '../request/request-info.ts';

/** The attributes of a request that are authorized. */
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
  /** The field selector of a list or watch as it was sent, "" without one; undefined for other requests. */
  readonly fieldSelector?: string;
  /** The label selector, likewise. */
  readonly labelSelector?: string;
}

export interface AccessDecision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion';
  readonly reason: string;
}

/** Called in order: the first decision other than no-opinion counts; without one, the request is denied. */
export interface Authorizer {
  readonly name: string;
  authorize(access: AccessAttributes): AccessDecision | Promise<AccessDecision>;
}

/** The decision of all authorizers; a deny with all reasons when none has an opinion. */
export type Authorize = (access: AccessAttributes) => AccessDecision | Promise<AccessDecision>;
