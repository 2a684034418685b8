/** A command's help texts besides usage and flags: paragraphs, and examples with a remark and a command line each. */
export interface HelpPage {
  readonly text: string;
  readonly examples?: readonly (readonly [remark: string, line: string])[];
}
