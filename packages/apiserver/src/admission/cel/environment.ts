import {
  authorizerType,
  boolType,
  dynType,
  type Environment,
  extendEnvironment,
  intType,
  kubernetesEnvironment,
  listOf,
  mapOf,
  recordType,
  resourceCheckType,
  stringType,
  timestampType,
} from '@typernetes/cel';

const kindType = recordType('kubernetes.GroupVersionKind', {
  group: stringType,
  version: stringType,
  kind: stringType,
});

const resourceType = recordType('kubernetes.GroupVersionResource', {
  group: stringType,
  version: stringType,
  resource: stringType,
});

const userType = recordType('kubernetes.UserInfo', {
  username: stringType,
  uid: stringType,
  groups: listOf(stringType),
  extra: mapOf(listOf(stringType)),
});

/** The request, without what has variables of its own (upstream: BuildRequestType). */
const requestType = recordType('kubernetes.AdmissionRequest', {
  kind: kindType,
  resource: resourceType,
  subResource: stringType,
  requestKind: kindType,
  requestResource: resourceType,
  requestSubResource: stringType,
  name: stringType,
  namespace: stringType,
  operation: stringType,
  userInfo: userType,
  dryRun: boolType,
  options: dynType,
});

/** What expressions see of a namespace (upstream: BuildNamespaceType). */
const namespaceType = recordType('kubernetes.Namespace', {
  metadata: recordType('kubernetes.NamespaceMetadata', {
    name: stringType,
    generateName: stringType,
    namespace: stringType,
    labels: mapOf(stringType),
    annotations: mapOf(stringType),
    UID: stringType,
    creationTimestamp: timestampType,
    deletionGracePeriodSeconds: intType,
    deletionTimestamp: timestampType,
    generation: intType,
    resourceVersion: stringType,
    finalizers: listOf(stringType),
  }),
  spec: recordType('kubernetes.NamespaceSpec', { finalizers: listOf(stringType) }),
  status: recordType('kubernetes.NamespaceStatus', {
    conditions: listOf(
      recordType('kubernetes.NamespaceCondition', {
        status: stringType,
        type: stringType,
        lastTransitionTime: timestampType,
        message: stringType,
        reason: stringType,
      }),
    ),
    phase: stringType,
  }),
});

/** The variables of match conditions and policies. */
const common = {
  object: dynType,
  oldObject: dynType,
  request: requestType,
  namespaceObject: namespaceType,
  authorizer: authorizerType,
  'authorizer.requestResource': resourceCheckType,
};

export const conditionEnvironment: Environment = extendEnvironment(kubernetesEnvironment, { variables: common });

/** The environment of a policy with or without parameters. */
export function policyEnvironment(hasParams: boolean): Environment {
  return hasParams ? extendEnvironment(conditionEnvironment, { variables: { params: dynType } }) : conditionEnvironment;
}

/** Messages cannot ask the authorizer (upstream: `HasAuthorizer: false`). */
export function messageEnvironment(environment: Environment): Environment {
  const variables = new Map(environment.variables);
  variables.delete('authorizer');
  variables.delete('authorizer.requestResource');
  return { ...environment, variables };
}
