package org.dure.federation.hub;

import java.util.EnumMap;
import java.util.Map;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.Phase;

/// Where a study stands, and how it gets from one stage to the next: the whole table.
///
/// `docs/round.puml` is this table as a drawing. What is not in it cannot happen; [#next] says why.
public enum StudyStage {
  /// For a quorum of regions to say hello.
  WAITING(Phase.WAITING),
  /// Every region gives its part of the common preparation.
  PREPARING(Phase.PREPARING),
  /// A round is open and has less than a quorum of contributions, or its secret sum still masks.
  COLLECTING(Phase.TRAINING),
  /// The open round has a quorum and waits, for the window, for those it still expects; or the
  /// masks can be taken off its secret sum.
  GRACE(Phase.TRAINING),
  /// The last round is merged; regions measure.
  MEASURING(Phase.MEASURING),
  /// Every region has published its scores.
  FINISHED(Phase.FINISHED);

  /// What can happen to a study.
  public enum Happening {
    /// A hello of a new region, or the end of one, others still missing.
    JOINED("a region joins at any stage"),
    /// A hello of a new region, with which there are enough, and the study prepares in common.
    ENOUGH_TO_PREPARE("only a waiting study begins"),
    /// A hello of a new region, with which there are enough to open the first round.
    ENOUGH_TO_TRAIN("only a waiting study begins"),
    /// A region's part of the preparation.
    PART("parts are taken only while the study prepares"),
    PREPARED("a study prepares once"),
    /// A contribution, still less than a quorum; or a part of a secret sum.
    CONTRIBUTED("contributions are taken only in an open round without a quorum"),
    /// The contribution that makes the quorum, or one more; or the end of a region without which
    /// there are enough.
    QUORUM("contributions are taken only in an open round"),
    /// A merge, with rounds left.
    MERGED("no round is merged without a quorum"),
    /// The merge of the last round.
    LAST_MERGED("no round is merged without a quorum"),
    /// Rounds are taken back; the next one opens.
    UNDONE("there is nothing to take back before the first round"),
    /// A round of a secret sum comes to nothing, with rounds left.
    DROPPED("only an open round is dropped"),
    /// So does the last.
    LAST_DROPPED("only an open round is dropped"),
    /// A region's scores, others still missing.
    SCORED("scores are taken only after the last merge"),
    /// The scores of the last region, or the end of the last one that had none.
    ALL_SCORED("scores are taken only after the last merge");

    private final String otherwise;

    Happening(String otherwise) {
      this.otherwise = otherwise;
    }
  }

  private static final Map<StudyStage, Map<Happening, StudyStage>> TABLE = table();

  private final Phase phase;

  StudyStage(Phase phase) {
    this.phase = phase;
  }

  private static Map<StudyStage, Map<Happening, StudyStage>> table() {
    Map<StudyStage, Map<Happening, StudyStage>> table = new EnumMap<>(StudyStage.class);
    table.put(
        WAITING,
        Map.of(
            Happening.JOINED, WAITING,
            Happening.ENOUGH_TO_PREPARE, PREPARING,
            Happening.ENOUGH_TO_TRAIN, COLLECTING));
    table.put(
        PREPARING,
        Map.of(
            Happening.JOINED, PREPARING,
            Happening.PART, PREPARING,
            Happening.PREPARED, COLLECTING));
    table.put(
        COLLECTING,
        Map.of(
            Happening.JOINED, COLLECTING,
            Happening.CONTRIBUTED, COLLECTING,
            Happening.QUORUM, GRACE,
            Happening.UNDONE, COLLECTING,
            Happening.DROPPED, COLLECTING,
            Happening.LAST_DROPPED, MEASURING));
    table.put(
        GRACE,
        Map.of(
            Happening.JOINED, GRACE,
            Happening.QUORUM, GRACE,
            Happening.MERGED, COLLECTING,
            Happening.LAST_MERGED, MEASURING,
            Happening.UNDONE, COLLECTING,
            Happening.DROPPED, COLLECTING,
            Happening.LAST_DROPPED, MEASURING));
    table.put(
        MEASURING,
        Map.of(
            Happening.JOINED, MEASURING,
            Happening.SCORED, MEASURING,
            Happening.UNDONE, COLLECTING,
            Happening.ALL_SCORED, FINISHED));
    table.put(
        FINISHED,
        Map.of(
            Happening.JOINED, FINISHED,
            Happening.UNDONE, COLLECTING));
    return table;
  }

  /// The whole table, for the drawing.
  static Map<StudyStage, Map<Happening, StudyStage>> transitions() {
    return TABLE;
  }

  Phase phase() {
    return phase;
  }

  /// @throws DureException with [ErrorCode#INTERNAL] if that cannot happen here: the log was
  ///     written by something else
  StudyStage next(Happening happening) {
    StudyStage next = TABLE.getOrDefault(this, Map.of()).get(happening);
    if (next == null) {
      throw new DureException(
          ErrorCode.INTERNAL, "%s while %s: %s".formatted(happening, this, happening.otherwise));
    }
    return next;
  }
}
