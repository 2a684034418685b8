/** Whose way of building kustomizations this is: upstream's kubectl v1.35 and v1.36 have it. */
export const kustomizeVersion = 'v5.7.1';
