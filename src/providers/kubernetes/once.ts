/**
 * What is read of objects, which nobody ever changes, is read once. An agent goes through all ENIs of its node for each pod, and what it
 * makes of them anew each time costs more memory than all that it knows.
 */

/**
 * A function that remembers its last answer for each object, for as long as somebody has the object.
 *
 * @param read pure; what it is given beside the object counts as the same if it is identical
 */
export function once<Of extends object, Given extends readonly unknown[], Made>(
  read: (of: Of, ...given: Given) => Made,
): (of: Of, ...given: Given) => Made {
  const known = new WeakMap<Of, { readonly given: Given; readonly made: Made }>();
  return (of, ...given) => {
    const last = known.get(of);
    if (last?.given.every((each, index) => each === given[index])) return last.made;
    const made = read(of, ...given);
    known.set(of, { given, made });
    return made;
  };
}
