import type { CustomResourceDefinitionSpec } from '@typernetes/api/apiextensions/v1';

/** The authorities by which the hook that converts is known, base64; undefined where the system's are. */
export const caBundleOf = ({ conversion }: CustomResourceDefinitionSpec): string | undefined =>
  conversion?.webhook?.clientConfig?.caBundle || undefined;
