package org.dure.federation;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dure.core.Json;

/// Counts what crosses each region's border: bodies of requests and answers as they were on the
/// wire, without the headers, of which each request and answer has between 100 and 400 bytes before
/// encryption. Thread-safe.
final class Crossings {
  static final String DELTA = "delta";
  static final String WEIGHTS = "weights";
  static final String PREPARATION = "preparation";
  static final String COMMON = "common";
  static final String SCORES = "scores";
  static final String CONTROL = "control";

  private record Key(String region, int round, String direction, String kind) {}

  private record Sum(long items, long bytes) {
    Sum plus(Sum other) {
      return new Sum(items + other.items, bytes + other.bytes);
    }
  }

  private record Table(List<StudyStatus.Crossing> crossings) {}

  private final Map<Key, Sum> sums = new HashMap<>();
  private boolean changed;

  synchronized void out(String region, int round, String kind, long bytes) {
    add(new Key(region, round, "out", kind), new Sum(1, bytes));
  }

  synchronized void in(String region, int round, String kind, long bytes) {
    add(new Key(region, round, "in", kind), new Sum(1, bytes));
  }

  private void add(Key key, Sum sum) {
    sums.merge(key, sum, Sum::plus);
    changed = true;
  }

  /// All counts, by region, round, direction and kind.
  synchronized List<StudyStatus.Crossing> list() {
    return sums.entrySet().stream()
        .map(
            entry ->
                new StudyStatus.Crossing(
                    entry.getKey().region,
                    entry.getKey().round,
                    entry.getKey().direction,
                    entry.getKey().kind,
                    entry.getValue().items,
                    entry.getValue().bytes))
        .sorted(
            Comparator.comparing(StudyStatus.Crossing::region)
                .thenComparing(StudyStatus.Crossing::round)
                .thenComparing(StudyStatus.Crossing::direction)
                .thenComparing(StudyStatus.Crossing::kind))
        .toList();
  }

  /// Keeps the counts as a note beside the log, if they have changed.
  synchronized void save(RoundStore log) {
    if (changed) {
      log.note("crossings", Json.bytes(new Table(list())));
      changed = false;
    }
  }

  synchronized void restore(RoundStore log) {
    log.noted("crossings")
        .map(bytes -> Json.read(bytes, Table.class).crossings())
        .orElse(List.of())
        .forEach(
            crossing ->
                sums.merge(
                    new Key(
                        crossing.region(), crossing.round(), crossing.direction(), crossing.kind()),
                    new Sum(crossing.items(), crossing.bytes()),
                    Sum::plus));
  }
}
