export { type CronSchedule, isTimeZone, parseCronSchedule } from './batch/cron-schedule.ts';
export { zonedTimestamp } from './batch/local-time.ts';
export { nodeMatchesPodRequirements, nodeMatchesSelector, nodeMatchesTerm } from './core/node-selector.ts';
export {
  containerAmounts,
  parseAmounts,
  podLimits,
  podRequests,
  type QosClass,
  qosClassOf,
  type ResourceAmounts,
} from './core/pod-resources.ts';
export { podSecretNames } from './core/pod-secrets.ts';
export { isPodActive, isPodAvailable, isPodReady, isPodTerminal, podCondition } from './core/pod-status.ts';
export { tolerates, toleratesTaint, untoleratedTaint } from './core/taints.ts';
export {
  addUsage,
  masked,
  type QuotaEvaluator,
  type QuotaWrite,
  quotaCounts,
  scopesOf,
  type Usage,
  usageUnder,
} from './quota/evaluator.ts';
export { quotaEvaluatorOf } from './quota/evaluators.ts';
export {
  baseRequestOf,
  claimNotMade,
  foreignClaim,
  isReservedFor,
  resourceClaimNameOf,
} from './resource/pod-claims.ts';
