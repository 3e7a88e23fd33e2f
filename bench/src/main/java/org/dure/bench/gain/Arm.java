package org.dure.bench.gain;

import java.util.List;

/// How institutions learn together.
///
/// @param stages in their order, the first from 0 on
/// @param choices shares of the run at which each institution chooses anew, among the
///     [#CANDIDATES]
record Arm(String name, List<Stage> stages, List<Double> choices) {
  /// @param words embedding and head
  /// @param body all other tensors
  record Reaches(Reach words, Reach body) {}

  /// @param from share of the run
  record Stage(double from, Reaches reaches) {}

  /// What can be chosen, the narrowest first.
  static final List<Reaches> CANDIDATES =
      List.of(
          new Reaches(Reach.KIND, Reach.KIND),
          new Reaches(Reach.LANGUAGE, Reach.LANGUAGE),
          new Reaches(Reach.LANGUAGE, Reach.ALL));

  /// Gives up merges where the text is learnt better alone.
  static final Reaches ALONE = new Reaches(Reach.NOBODY, Reach.NOBODY);

  Arm {
    stages = List.copyOf(stages);
    choices = List.copyOf(choices);
  }

  static Arm fixed(String name, Reach words, Reach body) {
    return new Arm(name, List.of(new Stage(0, new Reaches(words, body))), List.of());
  }

  /// The body among all first, among the kind from `share` of the run on.
  static Arm narrowing(String name, double share, Reach firstWords, Reach lastWords) {
    return new Arm(
        name,
        List.of(
            new Stage(0, new Reaches(firstWords, Reach.ALL)),
            new Stage(share, new Reaches(lastWords, Reach.KIND))),
        List.of());
  }

  /// All first; then each institution chooses.
  static Arm chosen(String name, List<Double> choices) {
    return new Arm(name, List.of(new Stage(0, new Reaches(Reach.LANGUAGE, Reach.ALL))), choices);
  }

  /// Of the stage in which the round is.
  ///
  /// @param round from 1
  Reaches reaches(int round, int rounds) {
    Reaches reaches = stages.getFirst().reaches();
    for (Stage stage : stages) {
      if (isDue(stage.from(), round, rounds)) {
        reaches = stage.reaches();
      }
    }
    return reaches;
  }

  /// Whether this is the round in which institutions choose.
  boolean chooses(int round, int rounds) {
    return choices.stream()
        .anyMatch(share -> isDue(share, round, rounds) && !isDue(share, round - 1, rounds));
  }

  private static boolean isDue(double share, int round, int rounds) {
    return round >= share * rounds;
  }
}
