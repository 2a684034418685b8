export { type AgentDeps, type AgentOptions, NetworkAgent } from './agent.ts';
export { linuxHost, type NetworkHost } from './host.ts';
export type { NetworkPlan } from './plan.ts';
export { PolicyAgent, type PolicyAgentDeps, type PolicyAgentOptions } from './policies/agent.ts';
export { defaultSettings, type NetworkSettings, settingProblems, type VxlanMode, vxlanModes } from './settings.ts';
