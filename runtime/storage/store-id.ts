declare const storeIdBrand: unique symbol

/** A data directory: a ULID made when the directory is. Never reused, not even for the same disk. */
export type StoreId = string & { readonly [storeIdBrand]: true }

/** Reads what was written as a store id by this program. */
export function storeIdOf(text: string): StoreId {
  return text as StoreId
}
