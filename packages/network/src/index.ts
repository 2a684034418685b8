export { type AgentDeps, type AgentOptions, NetworkAgent } from './agent.ts';
export { linuxHost, type NetworkHost } from './host.ts';
export { type NetworkPlan, planNetwork } from './plan.ts';
