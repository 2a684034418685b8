import { type ApiObject, isControlledBy, type Selector } from '@typernetes/machinery';

/** What to do with the objects that an owner has or could have. */
interface ClaimPlan<T> {
  readonly keep: readonly T[];
  /** Match the selector and have no controller. */
  readonly adopt: readonly T[];
  /** Are owned, but no longer match the selector. */
  readonly release: readonly T[];
}

/** An owner that is being deleted neither adopts nor releases; objects that are being deleted do not change owners. */
export function planClaims<T extends ApiObject>(
  owner: ApiObject,
  selector: Selector,
  candidates: {
    readonly owned: readonly T[];
    readonly orphans: readonly T[];
    /** A further requirement besides the labels, such as the name. */
    readonly fits?: ((object: T) => boolean) | undefined;
  },
): ClaimPlan<T> {
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  const owned = candidates.owned.filter((object) => isControlledBy(object, owner));
  const { fits = () => true } = candidates;
  const matches = (object: T): boolean => selector.matches(object.metadata.labels) && fits(object);
  const live = (object: T): boolean => object.metadata.deletionTimestamp === undefined;
  return {
    keep: owned.filter(matches),
    adopt: leaving ? [] : candidates.orphans.filter((object) => live(object) && matches(object)),
    release: leaving ? [] : owned.filter((object) => live(object) && !matches(object)),
  };
}
