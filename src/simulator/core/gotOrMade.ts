/** `Map.prototype.getOrInsertComputed`, which the older Nodes that run `vimana/simulator` do not have. */
export function gotOrMade<Key, Value>(map: Map<Key, Value>, key: Key, make: () => NoInfer<Value>): Value {
  const got = map.get(key);
  if (got !== undefined) return got;
  const made = make();
  map.set(key, made);
  return made;
}
