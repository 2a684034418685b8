/** The verbs of resource requests; non-resource requests have the lower-case HTTP method. */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'proxy'
  | (string & {});

/** The target and verb of a request, from its method and path alone (upstream: apiserver request.RequestInfo). */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** The path without the query. */
  readonly path: string;
  readonly verb: Verb;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  /** Plural, "" for non-resource requests. */
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments behind the subresource, for proxy. */
  readonly rest: readonly string[];
}
