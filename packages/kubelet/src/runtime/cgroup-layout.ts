/** How this machine's control groups are laid out. */
export type CgroupLayout =
  | { readonly version: 2; readonly root: string }
  | {
      readonly version: 1;
      /** One directory for each hierarchy, those without controllers too: the runtime makes groups in all of them. */
      readonly roots: readonly string[];
    };
