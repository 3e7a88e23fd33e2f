package org.dure.federation.hub;

import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.Study;

/// How a study goes back: to which merge, and when by the study's own rule. A function of the log.
final class Rollback {
  /// What a region measures on its own held-out text of the weights that a round starts from; less
  /// is better. One that does not tell it has no say in whether a merge stays.
  static final String MEASURE = "heldOutBitsPerByte";

  /// How often in a row the rule takes the same merge back. After that the merge stays: it comes
  /// out so, and what is wrong is for people to find.
  static final int MOST_IN_A_ROW = 3;

  /// By how many regions' word at least a merge is taken back.
  private static final int LEAST_REGIONS = 2;

  /// Where circles stood after a merge.
  ///
  /// @param round merged; 0 for the start
  record Base(int round, SortedMap<String, Event.Standing> circles) {
    static Base of(Event.Merged merged) {
      return new Base(merged.round(), merged.standings());
    }

    /// The start, from which every circle has the same weights and no momentum.
    static Base start(Study study, String weights) {
      SortedMap<String, Event.Standing> circles = new TreeMap<>();
      Circles agreed = study.schedule().circles();
      study
          .regions()
          .forEach(region -> circles.put(agreed.of(region, 1), new Event.Standing(weights, "")));
      return new Base(0, circles);
    }

    Event.Undone undone(int newest, Event.Cause cause) {
      return new Event.Undone(newest, round, circles, cause);
    }
  }

  private Rollback() {}

  /// The newest merge that stands and lies before the round `from`.
  ///
  /// @return empty if the state does not remember it: the log has it
  static Optional<Base> before(int from, HubState state) {
    int round = state.takenBack().standingBefore(from);
    if (round == 0) {
      return Optional.of(Base.start(state.study(), state.opened().weights()));
    }
    return state.history().remembers(round)
        ? Optional.ofNullable(state.round(round).merged).map(Base::of)
        : Optional.empty();
  }

  /// What is to be logged if most of the regions that take part, whether present or not, have
  /// measured the last merge as worse than the study allows: each in the open round's contribution,
  /// beside what it measured in the merged round's.
  static Optional<Event.Undone> byRule(HubState state) {
    if (state.stage() != StudyStage.COLLECTING && state.stage() != StudyStage.GRACE) {
      return Optional.empty();
    }
    RoundState open = state.round();
    int last = state.takenBack().standingBefore(open.number);
    if (last == 0 || !state.history().remembers(last)) {
      return Optional.empty();
    }
    TreeMap<String, String> worse = new TreeMap<>();
    SortedSet<String> participants = state.participants();
    for (String region : participants) {
      measured(region, state.round(last))
          .ifPresent(
              before ->
                  measured(region, open)
                      .filter(after -> isWorse(before, after, state))
                      .ifPresent(after -> worse.put(region, says(region, before, after))));
    }
    boolean most = worse.size() >= LEAST_REGIONS && 2 * worse.size() > participants.size();
    boolean again =
        state.history().undoings().timesByRule(state.takenBack().place(last)) < MOST_IN_A_ROW;
    if (!most || !again) {
      return Optional.empty();
    }
    String reason =
        "%d of %d regions measured the merge of round %d as worse: %s"
            .formatted(worse.size(), participants.size(), last, String.join(", ", worse.values()));
    return before(last, state)
        .map(base -> base.undone(open.number, new Event.Cause("", "", reason)));
  }

  /// What the region measured of the weights that the round started from, if it worked from them.
  private static Optional<Double> measured(String region, RoundState round) {
    return Optional.ofNullable(round.contributions.get(region))
        .filter(accepted -> accepted.message().round() == round.number)
        .map(accepted -> accepted.message().metrics().get(MEASURE));
  }

  private static boolean isWorse(double before, double after, HubState state) {
    return after - before > state.study().merge().worseThan() * Math.abs(before);
  }

  private static String says(String region, double before, double after) {
    return String.format(Locale.ROOT, "%s %.4f, %.4f before", region, after, before);
  }
}
