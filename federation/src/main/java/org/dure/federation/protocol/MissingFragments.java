package org.dure.federation.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/// What the hub lacks of a list.
///
/// @param spans fragments of which it has nothing or a part
/// @param begun bytes that have come of a fragment, by its index; fragments of which nothing has
///     come are not in it
public record MissingFragments(List<Span> spans, SortedMap<Integer, Long> begun) {
  /// Fragments `from` to `to`, without the latter.
  public record Span(int from, int to) {}

  public MissingFragments {
    spans = List.copyOf(spans);
  }

  /// @param has whether a fragment is there as a whole
  /// @param bytes how many bytes have come of one that is not
  public static MissingFragments of(
      FragmentList list, Predicate<String> has, ToLongFunction<String> bytes) {
    List<Span> spans = new ArrayList<>();
    SortedMap<Integer, Long> begun = new TreeMap<>();
    int from = -1;
    int count = list.fragments().size();
    for (int i = 0; i <= count; i++) {
      boolean lacks = i < count && !has.test(list.fragments().get(i));
      if (lacks) {
        long come = bytes.applyAsLong(list.fragments().get(i));
        if (come > 0) {
          begun.put(i, come);
        }
        from = from < 0 ? i : from;
      } else if (from >= 0) {
        spans.add(new Span(from, i));
        from = -1;
      }
    }
    return new MissingFragments(spans, begun);
  }

  /// Indices of the fragments with the bytes that have come, in their order; only those that can be
  /// of a list of `count`.
  public SortedMap<Integer, Long> fragments(int count) {
    SortedMap<Integer, Long> missing = new TreeMap<>();
    int next = 0;
    for (Span span : spans) {
      // Spans go up: a hub that says one again and again makes no work.
      for (next = Math.max(next, span.from); next < Math.min(count, span.to); next++) {
        missing.put(next, begun.getOrDefault(next, 0L));
      }
    }
    return missing;
  }

  /// Nothing has come yet.
  public static MissingFragments everything(int count) {
    return new MissingFragments(List.of(new Span(0, count)), new TreeMap<>(Map.of()));
  }
}
