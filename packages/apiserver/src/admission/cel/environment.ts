import {
  authorizerType,
  dynType,
  type Environment,
  extendEnvironment,
  kubernetesEnvironment,
  resourceCheckType,
} from '@typernetes/cel';

/** The variables of match conditions and policies. */
const common = {
  object: dynType,
  oldObject: dynType,
  request: dynType,
  namespaceObject: dynType,
  authorizer: authorizerType,
  'authorizer.requestResource': resourceCheckType,
};

export const conditionEnvironment: Environment = extendEnvironment(kubernetesEnvironment, { variables: common });

/** The environment of a policy with or without parameters. */
export function policyEnvironment(hasParams: boolean): Environment {
  return hasParams ? extendEnvironment(conditionEnvironment, { variables: { params: dynType } }) : conditionEnvironment;
}
