import type { Command } from '../command.ts';

/** Commands by their words; each is loaded only when it is used, because start-up time is most of what a short command takes. */
export const commandTable: Readonly<Record<string, () => Promise<Command>>> = {
  annotate: async () => (await import('./annotate.ts')).annotateCommand,
  'api-resources': async () => (await import('./api-resources.ts')).apiResourcesCommand,
  apply: async () => (await import('./apply.ts')).applyCommand,
  attach: async () => (await import('./attach.ts')).attachCommand,
  'cluster-info': async () => (await import('./cluster-info.ts')).clusterInfoCommand,
  'config current-context': async () => (await import('./config.ts')).currentContextCommand,
  'config get-contexts': async () => (await import('./config.ts')).getContextsCommand,
  'config use-context': async () => (await import('./config.ts')).useContextCommand,
  'config view': async () => (await import('./config.ts')).viewCommand,
  create: async () => (await import('./create.ts')).createCommand,
  delete: async () => (await import('./delete.ts')).deleteCommand,
  describe: async () => (await import('./describe.ts')).describeCommand,
  exec: async () => (await import('./exec.ts')).execCommand,
  get: async () => (await import('./get.ts')).getCommand,
  label: async () => (await import('./label.ts')).labelCommand,
  logs: async () => (await import('./logs.ts')).logsCommand,
  replace: async () => (await import('./replace.ts')).replaceCommand,
  'rollout history': async () => (await import('./rollout-history.ts')).rolloutHistoryCommand,
  'rollout restart': async () => (await import('./rollout-restart.ts')).rolloutRestartCommand,
  'rollout status': async () => (await import('./rollout-status.ts')).rolloutStatusCommand,
  'rollout undo': async () => (await import('./rollout-undo.ts')).rolloutUndoCommand,
  scale: async () => (await import('./scale.ts')).scaleCommand,
  taint: async () => (await import('./taint.ts')).taintCommand,
  version: async () => (await import('./version.ts')).versionCommand,
  wait: async () => (await import('./wait.ts')).waitCommand,
};

export const aliases: Readonly<Record<string, string>> = { log: 'logs' };
