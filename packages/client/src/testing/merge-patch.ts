/** RFC 7386. The fakes take strategic patches for merge patches: lists are replaced as wholes. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    const [directive, list = ''] = name.split('/');
    if (directive === '$deleteFromPrimitiveList') {
      const [kept, gone] = [base[list] as unknown[] | undefined, value as unknown[]];
      base[list] = (kept ?? []).filter((one) => !gone.includes(one));
    }
    if (name.startsWith('$')) continue; // a directive of strategic patches
    if (value === null) delete base[name];
    else base[name] = mergePatch(base[name], value);
  }
  return base;
}
