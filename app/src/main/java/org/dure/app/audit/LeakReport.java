package org.dure.app.audit;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.evaluation.ModelDigests;
import org.dure.federation.protocol.Study;

/// What an audit found: `audit.json`.
///
/// @param version of this file, [#VERSION]
/// @param subject what was audited
/// @param seed by which the canaries were drawn
/// @param documents of the region's text that it was planted in
/// @param steps that the audited model was trained
/// @param crossing bytes that were searched because they would cross: counts, deltas, numbers
/// @param released bytes that were searched because a release would hold them
/// @param groups of canaries, by how often they were planted
public record LeakReport(
    int version,
    Subject subject,
    long seed,
    int documents,
    int steps,
    long crossing,
    long released,
    List<Group> groups) {
  public static final int VERSION = 1;
  public static final String FILE = "audit.json";

  /// Whether a file is such a report, or the outcome of another audit.
  public static boolean isOne(Path file) {
    return Json.object(file).containsKey("groups");
  }

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final int MOST_GROUPS = 100;

  /// What the figures are of.
  ///
  /// @param study digest of the study
  /// @param policy digest of the site's policy that was applied
  /// @param text digest of the region's training text, without canaries
  /// @param model that was trained on the text with canaries, and asked
  public record Subject(
      String study, String region, String policy, String text, ModelDigests model) {}

  /// Canaries planted equally often.
  ///
  /// @param times that each was planted
  /// @param documents in which each was planted
  /// @param canaries how many
  /// @param inCounts how many were found in the counts that would cross
  /// @param inWeights in the deltas and numbers that would cross
  /// @param inRelease in the files of a release
  /// @param reproduced how many the model wrote by itself, given their first half
  /// @param exposure mean over the group, in bits: log2 of 256 secrets less log2 of the rank of the
  ///     planted one by its likelihood; about 1.4 where the model has learnt nothing of them
  /// @param highest exposure in the group; at most 8
  public record Group(
      int times,
      int documents,
      int canaries,
      int inCounts,
      int inWeights,
      int inRelease,
      int reproduced,
      double exposure,
      double highest) {
    private boolean isSound() {
      return times > 0
          && documents > 0
          && canaries > 0
          && Stream.of(inCounts, inWeights, inRelease, reproduced)
              .allMatch(count -> count >= 0 && count <= canaries)
          && Double.isFinite(exposure)
          && Double.isFinite(highest);
    }

    /// How many were found in bytes.
    public int found() {
      return Math.max(inCounts, Math.max(inWeights, inRelease));
    }
  }

  public LeakReport {
    groups = List.copyOf(groups);
  }

  /// Reads `audit.json`.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is none
  public static LeakReport read(Path file) {
    LeakReport report = Json.read(file, LeakReport.class);
    if (!report.isSound()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s is no audit of version %d: make it with dure audit leak".formatted(file, VERSION));
    }
    return report;
  }

  private boolean isSound() {
    return version == VERSION
        && documents > 0
        && steps > 0
        && crossing >= 0
        && released >= 0
        && Stream.of(subject.study, subject.policy, subject.text)
            .allMatch(DIGEST.asMatchPredicate())
        && Study.isRegionName(subject.region)
        && !groups.isEmpty()
        && groups.size() <= MOST_GROUPS
        && groups.stream().allMatch(Group::isSound);
  }

  public void write(Path file) {
    AtomicFiles.write(file, json());
  }

  /// The file's text.
  public String json() {
    return Json.pretty(this);
  }

  /// How many canaries were found in any bytes.
  public int found() {
    return groups.stream().mapToInt(Group::found).sum();
  }

  /// How many there were.
  public int canaries() {
    return groups.stream().mapToInt(Group::canaries).sum();
  }
}
