package org.dure.federation.status;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.Json;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.TrafficKind;

/// Counts what crosses each region's border: bodies of requests and answers as they were on the
/// wire, without the headers, of which each request and answer has between 100 and 400 bytes before
/// encryption. Thread-safe.
///
/// Totals are kept for good, single rounds only of the newest [StudyStatus#MOST_ROUNDS], and fewer
/// where many regions would make more than [#MOST_ENTRIES] of them. Beside the log lie one note of
/// totals and one for each of the rounds, under a number that comes round again: what a tick of the
/// hub writes does not grow with the study.
public final class TrafficCounters {
  /// Most counts of single rounds.
  static final int MOST_ENTRIES = 20_000;

  /// By the words, as notes and status have always had it.
  private static final Comparator<Key> ORDER =
      Comparator.comparing(Key::region)
          .thenComparing(key -> key.direction.word())
          .thenComparing(key -> key.kind.word());

  private record Key(String region, Direction direction, TrafficKind kind) {}

  private record Sum(long items, long bytes) {
    Sum plus(Sum other) {
      return new Sum(items + other.items, bytes + other.bytes);
    }
  }

  /// In the place of a round, the totals of all.
  private static final int TOTALS = -1;

  /// A note.
  private record Table(int round, List<StudyStatus.Total> totals) {}

  private final TreeMap<Key, Sum> totals = new TreeMap<>(ORDER);
  private final TreeMap<Integer, TreeMap<Key, Sum>> rounds = new TreeMap<>();
  private final TreeSet<Integer> changed = new TreeSet<>();
  private final Object saving = new Object();
  private int entries;

  public synchronized void out(String region, int round, TrafficKind kind, long bytes) {
    add(new Key(region, Direction.OUT, kind), round, new Sum(1, bytes));
  }

  public synchronized void in(String region, int round, TrafficKind kind, long bytes) {
    add(new Key(region, Direction.IN, kind), round, new Sum(1, bytes));
  }

  private void add(Key key, int round, Sum sum) {
    totals.merge(key, sum, Sum::plus);
    put(key, round, sum);
    changed.add(round);
  }

  private void put(Key key, int round, Sum sum) {
    TreeMap<Key, Sum> counts = rounds.computeIfAbsent(round, number -> new TreeMap<>(ORDER));
    int before = counts.size();
    counts.merge(key, sum, Sum::plus);
    entries += counts.size() - before;
    while (rounds.size() > 1
        && (entries > MOST_ENTRIES || rounds.size() > StudyStatus.MOST_ROUNDS)) {
      entries -= rounds.pollFirstEntry().getValue().size();
    }
  }

  /// What crossed since the study began, by region, direction and kind.
  public synchronized List<StudyStatus.Total> totals() {
    return totals(totals);
  }

  private static List<StudyStatus.Total> totals(Map<Key, Sum> counts) {
    List<StudyStatus.Total> list = new ArrayList<>(counts.size());
    counts.forEach(
        (key, sum) ->
            list.add(
                new StudyStatus.Total(key.region, key.direction, key.kind, sum.items, sum.bytes)));
    return list;
  }

  /// The counts of the newest rounds, by round, region, direction and kind.
  public synchronized List<StudyStatus.Crossing> list() {
    List<StudyStatus.Crossing> list = new ArrayList<>(entries);
    rounds.forEach(
        (round, counts) ->
            counts.forEach(
                (key, sum) ->
                    list.add(
                        new StudyStatus.Crossing(
                            key.region, round, key.direction, key.kind, sum.items, sum.bytes))));
    return list;
  }

  /// Keeps what has changed as notes beside the log; counting goes on meanwhile.
  public void save(RoundStore log) {
    synchronized (saving) {
      List<Table> tables = takeChanged();
      try {
        tables.forEach(table -> log.note(note(table.round()), Json.bytes(table)));
      } catch (RuntimeException e) {
        again(tables);
        throw e;
      }
    }
  }

  /// The totals, then the rounds that have changed; nothing where none has.
  private synchronized List<Table> takeChanged() {
    List<Table> tables = new ArrayList<>();
    for (int round : changed) {
      TreeMap<Key, Sum> counts = rounds.get(round);
      if (counts != null) {
        tables.add(new Table(round, totals(counts)));
      }
    }
    if (!changed.isEmpty()) {
      tables.addFirst(new Table(TOTALS, totals(totals)));
    }
    changed.clear();
    return tables;
  }

  private synchronized void again(List<Table> tables) {
    tables.stream().map(Table::round).filter(round -> round != TOTALS).forEach(changed::add);
  }

  private static String note(int round) {
    return round == TOTALS ? "crossings" : "crossings-" + round % StudyStatus.MOST_ROUNDS;
  }

  /// @param newest the newest round of the log
  public synchronized void restore(RoundStore log, int newest) {
    log.noted(note(TOTALS))
        .map(bytes -> Json.read(bytes, Table.class).totals())
        .orElse(List.of())
        .forEach(total -> totals.merge(key(total), sum(total), Sum::plus));
    for (int round = Math.max(0, newest - StudyStatus.MOST_ROUNDS + 1); round <= newest; round++) {
      restore(log, note(round), round);
    }
  }

  private void restore(RoundStore log, String note, int round) {
    log.noted(note)
        .map(bytes -> Json.read(bytes, Table.class))
        .filter(table -> table.round() == round)
        .ifPresent(table -> table.totals().forEach(total -> put(key(total), round, sum(total))));
  }

  private static Key key(StudyStatus.Total total) {
    return new Key(total.region(), total.direction(), total.kind());
  }

  private static Sum sum(StudyStatus.Total total) {
    return new Sum(total.items(), total.bytes());
  }
}
