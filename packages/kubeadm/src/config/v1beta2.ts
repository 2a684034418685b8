/**
 * v1beta1 and v1beta2 to v1beta3, which has all of their fields but two: the type of cluster DNS, of which there is one left, and
 * `useHyperKubeImage`.
 */
export function convertV1beta2(value: Readonly<Record<string, unknown>>): {
  value: Record<string, unknown>;
  warnings: string[];
} {
  const { useHyperKubeImage, dns, ...rest } = value;
  const { type, ...keptDns } = (dns ?? {}) as Record<string, unknown>;
  return {
    value: { ...rest, ...(dns === undefined || dns === null ? {} : { dns: keptDns }) },
    warnings: [
      ...(useHyperKubeImage === undefined ? [] : ['the field "useHyperKubeImage" has no successor and is ignored']),
      ...(type === undefined || type === 'CoreDNS'
        ? []
        : [`dns.type "${String(type)}" is not available: using CoreDNS`]),
    ],
  };
}
