package org.dure.federation.hub;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Study;
import org.dure.federation.secret.SecretRound;
import org.jspecify.annotations.Nullable;

/// A round that has been opened; `merged` is null while it is open.
final class RoundState {
  /// A contribution to a round.
  ///
  /// @param staleness how many rounds before this one it started
  record Accepted(Message.Contribution message, long time, double norm, int staleness) {}

  final int number;
  final long opened;

  /// Where each circle stands at its start, by its name.
  final SortedMap<String, Event.Standing> circles;

  /// The circle of each region, by its name.
  final Map<String, String> circleOf = new HashMap<>();

  /// How far it is, where its sum is secret.
  final @Nullable SecretRound secret;

  final SortedMap<String, Accepted> contributions = new TreeMap<>();
  Event.@Nullable Merged merged;
  long mergedAt;

  /// Why it came to nothing; null unless it was dropped.
  Event.@Nullable Dropped dropped;

  long droppedAt;

  /// Whether it counts no more.
  boolean takenBack;

  /// When the quorum was reached; 0 before.
  long quorumAt;

  RoundState(
      int number,
      long opened,
      SortedMap<String, Event.Standing> circles,
      @Nullable SecretRound secret) {
    this.secret = secret;
    this.number = number;
    this.opened = opened;
    this.circles = new TreeMap<>(circles);
  }

  /// Digest of the list of the weights that a circle starts from; empty if it has none.
  String weights(String circle) {
    Event.Standing standing = circles.get(circle);
    return standing == null ? "" : standing.weights();
  }

  Accepted contribution(String region) {
    Accepted accepted = contributions.get(region);
    if (accepted == null) {
      throw new DureException(
          ErrorCode.INTERNAL, "round %d has nothing of %s".formatted(number, region));
    }
    return accepted;
  }

  /// What each region's share of the merge is in proportion to, before the cap: the same for all
  /// where the sum is secret, since nobody could see whether a delta is worth its weight; else its
  /// weight, discounted by 1/sqrt(1 + staleness) (Nguyen et al. 2022, FedBuff, arXiv 2106.06639).
  SortedMap<String, Double> mergeWeights() {
    SortedMap<String, Double> mergeWeights = new TreeMap<>();
    contributions.forEach(
        (region, accepted) ->
            mergeWeights.put(
                region,
                secret != null
                    ? 1.0
                    : accepted.message.weight() / Math.sqrt(1.0 + accepted.staleness)));
    return mergeWeights;
  }

  /// Lengths of the deltas that counted, as they did; nothing where there was only one, which
  /// says nothing of what is usual.
  static List<List<Double>> usualNorms(Event.Circle merged) {
    List<List<Double>> norms =
        merged.parts().values().stream()
            .map(Event.Part::judgement)
            .filter(judgement -> judgement.verdict().isInOrder())
            .map(Event.Judgement::countedNorms)
            .toList();
    return norms.size() < 2 ? List.of() : norms;
  }

  /// Of the deltas that could be compared with others, by region.
  static Map<String, Double> agreements(Event.Circle merged) {
    SortedMap<String, Double> agreements = new TreeMap<>();
    merged
        .parts()
        .forEach(
            (region, part) -> {
              if (part.judgement().verdict().isComparable()) {
                agreements.put(region, part.judgement().agreement());
              }
            });
    return agreements;
  }

  /// How long the round waits for others after its quorum, in milliseconds.
  long window(Study study) {
    double share = study.patience().graceShare() * Math.max(0, quorumAt - opened);
    return (long) Math.min(1000.0 * study.patience().graceSeconds(), share);
  }
}
