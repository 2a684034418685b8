/** The layout of this machine's cgroups. */
export type CgroupLayout =
  | { readonly version: 2; readonly root: string }
  | {
      readonly version: 1;
      /**
       * One directory per hierarchy, including those without controllers: the runtime creates groups in all of them.
       */
      readonly roots: readonly string[];
    };
