package org.dure.federation.protocol;

import java.util.ArrayList;
import java.util.List;

/// Which rounds of a study were taken back: they happened, and count no more.
///
/// A round's number is never used again. So it names what happened in it for good, and a round that
/// stands has a *place* beside its number: it is the first, second, ... of those that count.
///
/// @param rounds how many were taken back since the study began
/// @param spans those that lie among the rounds of now, oldest first, no two of which touch; at
///     most [#MOST] for a region
public record TakenBack(int rounds, List<Span> spans) {
  /// How many spans a region is told of: of what lies before them it takes nothing to stand.
  public static final int MOST = 16;

  public static final TakenBack NONE = new TakenBack(0, List.of());

  /// Rounds `from` to `to`, both included.
  public record Span(int from, int to) {
    private boolean contains(int round) {
      return from <= round && round <= to;
    }

    private boolean covers(Span other) {
      return from <= other.from && other.to <= to;
    }

    private int rounds() {
      return to - from + 1;
    }
  }

  public TakenBack {
    spans = List.copyOf(spans);
  }

  /// Whether the round counts no more.
  public boolean contains(int round) {
    boolean unknown = hidden() > 0 && round < spans.getFirst().from;
    return unknown || spans.stream().anyMatch(span -> span.contains(round));
  }

  /// How many rounds count up to this one, itself included: of one that counts, its place from 1.
  public int place(int round) {
    int after =
        spans.stream()
            .filter(span -> span.to > round)
            .mapToInt(span -> span.to - Math.max(round, span.from - 1))
            .sum();
    return round - rounds + after;
  }

  /// The newest round before `round` that counts; 0 if there is none.
  public int standingBefore(int round) {
    int standing = round - 1;
    while (standing > 0 && contains(standing)) {
      standing--;
    }
    return standing;
  }

  /// The same after all rounds from the one after `base`, which counts, to `last` were taken back.
  public TakenBack with(int base, int last) {
    List<Span> more = new ArrayList<>(spans);
    int before = 0;
    while (!more.isEmpty() && more.getLast().from > base) {
      before += more.removeLast().rounds();
    }
    Span span = new Span(base + 1, last);
    more.add(span);
    return new TakenBack(rounds - before + span.rounds(), more);
  }

  /// What a region is told.
  public TakenBack newest() {
    return spans.size() <= MOST
        ? this
        : new TakenBack(rounds, spans.subList(spans.size() - MOST, spans.size()));
  }

  /// Whether this can be so while round `open` is the newest: spans in order that do not touch, as
  /// many rounds as there are, and none that has not been.
  public boolean isSound(int open) {
    long known = 0;
    long before = -1;
    for (Span span : spans) {
      if (span.from < 1 || span.from <= before + 1 || span.to < span.from || span.to > open) {
        return false;
      }
      known += span.to - span.from + 1L;
      before = span.to;
    }
    long hidden = rounds - known;
    return spans.size() <= MOST
        && (hidden == 0
            || hidden > 0 && spans.size() == MOST && hidden < spans.getFirst().from - 1);
  }

  /// Whether what was so when round `then` was the newest can have become this: nothing that was
  /// taken back counts again, and whatever has been taken back since was so up to `then` at least.
  ///
  /// @param before sound, as this
  public boolean continues(TakenBack before, int then) {
    return rounds >= before.rounds
        && before.spans.stream().allMatch(this::covers)
        && spans.stream().filter(span -> span.to < then).allMatch(before::covers);
  }

  private boolean covers(Span span) {
    boolean unknown = hidden() > 0 && span.to < spans.getFirst().from;
    return unknown || spans.stream().anyMatch(one -> one.covers(span));
  }

  private int hidden() {
    return rounds - spans.stream().mapToInt(Span::rounds).sum();
  }
}
