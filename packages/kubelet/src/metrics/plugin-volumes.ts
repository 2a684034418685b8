/** The volumes of one plugin: how many pods here want, and how many are mounted. */
export interface PluginVolumes {
  readonly plugin: string;
  readonly desired: number;
  readonly actual: number;
}
