package org.dure.federation.protocol;

import java.util.Optional;
import org.dure.core.Named;
import org.dure.core.Settings;
import org.dure.federation.secure.Roster;

/// How a study adds deltas that nobody sees.
///
/// @param normBound to which every region clips the norm of its delta, above 0
/// @param threshold regions that must be alive at a round's end for its sum; fewer learn nothing
public record SecretSum(double normBound, int threshold) {
  /// What the hub, and whoever has its log, can see of a region's delta.
  private enum Aggregation implements Named {
    /// Each delta: so the hub can judge it, and late ones count.
    INSPECTABLE,
    /// The sum of at least three: so no delta can be judged, and late ones do not exist.
    SECRET
  }

  /// Measures that a contribution to a secret sum must have, signed as all of it: the norm of the
  /// clipped delta, and its cosine with the study's last step (0 before there was one).
  public static final String NORM = "delta-norm";

  public static final String COSINE = "delta-cosine";

  /// How much more than the bound a norm may be by rounding.
  public static final double TOLERANCE = 1e-6;

  /// Empty for a study whose deltas can be inspected.
  ///
  /// @param regions how many the file names
  static Optional<SecretSum> of(Settings settings, int regions) {
    if (settings.choice("aggregation", Aggregation.INSPECTABLE) == Aggregation.INSPECTABLE) {
      return Optional.empty();
    }
    if (regions < Roster.LEAST || regions > Roster.MOST) {
      settings.problem(
          "aggregation = \"secret\" with %d regions: expected %d to %d, since of a sum of two each"
                  .formatted(regions, Roster.LEAST, Roster.MOST)
              + " knows the other's part");
    }
    int count = Math.clamp(regions, Roster.LEAST, Roster.MOST);
    int most = 2 * count / 3 + 1;
    int threshold =
        settings.integer(
            "secret.threshold", Math.min(most, count), Roster.threshold(0, count), count);
    if (!settings.has("secret.norm-bound")) {
      settings.problem(
          "secret.norm-bound is missing: expected the largest norm of a delta, e.g. twice what the"
              + " console showed for a round of the same study with aggregation = \"inspectable\"");
    }
    double bound = settings.number("secret.norm-bound", 1, Float.MIN_NORMAL, 1e9);
    return Optional.of(new SecretSum(bound, threshold));
  }

  /// A key that says how deltas are judged would protect from nothing.
  private static void checkUnset(Settings settings, String key, Object value, Object usual) {
    if (!value.equals(usual)) {
      settings.problem(
          "%s is %s: expected none where aggregation = \"secret\", since no delta is seen that could"
                  .formatted(key, value instanceof Named named ? named.word() : value)
              + " be judged; secret.norm-bound is what bounds it");
    }
  }

  /// What cannot be had in such a study, by name.
  static void check(Settings settings, Study.Patience patience, Study.Merge merge) {
    if (patience.lateRounds() > 0) {
      settings.problem(
          "late-rounds is %d: expected 0 where aggregation = \"secret\", whose masks are of one"
                  .formatted(patience.lateRounds())
              + " round");
    }
    MergeRule rule = merge.rule();
    if (rule != MergeRule.MEAN) {
      settings.problem(
          "merge.rule is \"%s\": expected \"mean\" where aggregation = \"secret\", since no delta is"
                  .formatted(rule.word())
              + " seen that another rule could tell from the others");
    }
    if (merge.weightCap() != Study.WEIGHT_CAP) {
      settings.problem(
          "weight-cap is %s: expected none where aggregation = \"secret\", whose"
                  .formatted(merge.weightCap())
              + " regions all have the same share in a merge");
    }
    Study.Judging judging = merge.judging();
    Study.Judging usual = Study.Judging.USUAL;
    checkUnset(settings, "merge.norm-bound", judging.normBound(), usual.normBound());
    checkUnset(settings, "merge.when-exceeding", judging.exceeding(), usual.exceeding());
    checkUnset(settings, "merge.against-bound", judging.againstBound(), usual.againstBound());
    checkUnset(settings, "merge.repeat-bound", judging.repeatBound(), usual.repeatBound());
    checkUnset(settings, "merge.suspend-rounds", judging.suspendRounds(), usual.suspendRounds());
    if (patience.quorum() < Roster.LEAST) {
      settings.problem(
          "quorum is %d: expected at least %d where aggregation = \"secret\""
              .formatted(patience.quorum(), Roster.LEAST));
    }
  }
}
