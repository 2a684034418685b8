export interface MachineFile {
  /** Below the machine's root. */
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}
