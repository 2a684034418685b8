/** What help says of a command beyond its usage and flags: a text of paragraphs, and examples as a remark and a command line each. */
export interface HelpPage {
  readonly text: string;
  readonly examples?: readonly (readonly [remark: string, line: string])[];
}
