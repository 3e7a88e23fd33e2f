package org.dure.federation;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the hub knows of its study at one instant, for the console, `dure status` and reports.
///
/// All times are milliseconds since 1970 UTC; all sizes are bytes as they crossed the wire.
///
/// @param study its name
/// @param sharing `body` or `all`
/// @param phase where the study stands
/// @param round the open round, from 1; 0 before the first
/// @param rounds planned
/// @param stepsPerRound local steps between two merges
/// @param started when the hub first opened the study
/// @param now of this picture
/// @param regions in the order of the study file
/// @param history every round so far, oldest first
/// @param crossings what crossed each region's border, by round and kind
public record StudyStatus(
    String study,
    String sharing,
    Phase phase,
    int round,
    int rounds,
    int stepsPerRound,
    long started,
    long now,
    List<Region> regions,
    List<Round> history,
    List<Crossing> crossings) {
  /// Where a study stands.
  public enum Phase {
    /// For regions that have not said hello yet.
    WAITING,
    /// Regions give to the common preparation, e.g. word counts.
    PREPARING,
    /// Rounds are open.
    TRAINING,
    /// The last merge is done; regions measure.
    MEASURING,
    /// Every region has published its scores.
    FINISHED
  }

  /// What the hub thinks of a region; the region is told the same.
  public enum RegionState {
    /// Never seen.
    EXPECTED,
    /// Its lease holds.
    PRESENT,
    /// Its lease has run out; it may come back at any time.
    ABSENT,
    /// It has done its part.
    FINISHED
  }

  /// @param name e.g. `ko`
  /// @param language BCP 47 code
  /// @param lastSeen 0 if never
  /// @param leaseUntil 0 if none
  /// @param doing what it last said it does, e.g. `training`; empty if nothing
  /// @param done of `total`
  /// @param total 0 where unknown
  /// @param round the round it works on
  /// @param weight sum of its contributions' weights, e.g. tokens
  /// @param sent bytes that left the region
  /// @param received bytes that it fetched
  /// @param scores published at the end, by name
  public record Region(
      String name,
      String language,
      RegionState state,
      long lastSeen,
      long leaseUntil,
      String doing,
      long done,
      long total,
      int round,
      long weight,
      long sent,
      long received,
      Map<String, Double> scores) {}

  /// @param merged null while the round is open
  /// @param contributions by region name
  public record Round(
      int number, long opened, @Nullable Long merged, Map<String, Contribution> contributions) {}

  /// @param weight in the merge, e.g. tokens
  /// @param metrics as the region reported them, e.g. `loss` (nats per token), `bitsPerByte`
  /// @param arrived when it was complete
  /// @param norm of the delta, root of the sum of squares
  /// @param cosine to the merged delta, null while the round is open
  public record Contribution(
      long weight,
      Map<String, Double> metrics,
      long arrived,
      double norm,
      @Nullable Double cosine) {}

  /// @param direction `out` of the region or `in`to it
  /// @param kind out of `preparation` (a region's part, e.g. word counts), `delta`, `scores`; in
  ///     to it `common` (what was made of the parts) and `weights`; both ways `control`
  /// @param round 0 for what belongs to none
  /// @param items how many
  public record Crossing(
      String region, int round, String direction, String kind, long items, long bytes) {}
}
