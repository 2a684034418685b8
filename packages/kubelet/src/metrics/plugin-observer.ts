/** Observes the duration and failures of credential provider plugins. */
export interface PluginObserver {
  pluginAsked(name: string, seconds: number): void;
  pluginFailed(name: string): void;
}
