package org.dure.core.runtime;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A map that holds so many entries at most and forgets the one that was used longest ago.
///
/// Reading an entry uses it. Thread-safe, each call by itself; who needs several calls to belong
/// together holds a lock of their own.
public final class LeastRecentlyUsed<K, V> {
  private final int most;
  private final Map<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);

  /// @param most entries that are held, at least 1
  public LeastRecentlyUsed(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("%d entries: expected at least 1".formatted(most));
    }
    this.most = most;
  }

  /// The value of `key`, which counts as used; null if it was never put or is forgotten.
  public synchronized @Nullable V get(K key) {
    return entries.get(key);
  }

  /// Puts `value` in the place of what was there.
  public synchronized void put(K key, V value) {
    V unused = entries.put(key, value);
    shrink();
  }

  /// The value of `key`; one that is made now where there is none.
  ///
  /// @param make called under the lock of this map
  public synchronized V computeIfAbsent(K key, Function<? super K, ? extends V> make) {
    V value = entries.computeIfAbsent(key, make);
    shrink();
    return value;
  }

  /// Forgets every entry whose key is one of those.
  public synchronized void removeIf(Predicate<? super K> those) {
    entries.keySet().removeIf(those);
  }

  /// A copy of all entries, the one that was used longest ago first.
  public synchronized Map<K, V> entries() {
    return new LinkedHashMap<>(entries);
  }

  public synchronized int size() {
    return entries.size();
  }

  private void shrink() {
    if (entries.size() > most) {
      K oldest = entries.keySet().iterator().next();
      V unused = entries.remove(oldest);
    }
  }
}
