package org.dure.federation.hub;

import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.merge.Judge;
import org.dure.federation.merge.MergeShares;
import org.dure.federation.merge.TensorGroups;

/// Whether what the log says of a merge follows from the log: verdicts and shares, from figures
/// that only the deltas can prove.
final class MergeCheck {
  /// Rounding of a sum of shares.
  private static final double ROUNDING = 1e-9;

  private final HubState state;
  private final List<CircleStandings.Work> works;
  private final Event.Merged merged;
  private final TensorGroups groups;

  /// @param state before the merge
  MergeCheck(HubState state, Event.Merged merged) {
    this.works = state.circles().merging();
    this.state = state;
    this.merged = merged;
    this.groups = TensorGroups.of(state.layout());
  }

  /// @return what the merge had to do
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it does not
  List<CircleStandings.Work> check() {
    demand(
        merged.circles().keySet().equals(state.round().circles.keySet()),
        "its circles are not those of the round");
    for (CircleStandings.Work work : works) {
      check(work, Merger.of(merged.circles(), work.circle()));
    }
    return works;
  }

  private void check(CircleStandings.Work work, Event.Circle circle) {
    if (state.round().secret != null) {
      demand(
          circle.norm() == 0 && circle.parts().equals(Merger.unseenParts(state.round())),
          "the parts are not those of a secret sum of the round");
      return;
    }
    demand(circle.parts().keySet().equals(work.regions()), "the parts are not those of the round");
    if (work.regions().isEmpty()) {
      demand(
          circle.equals(Event.Circle.asBefore(work.before())),
          "nobody has contributed to %s, and it is another".formatted(work.circle()));
      return;
    }
    checkParts(circle);
    checkVerdicts(work.past(), circle);
    checkShares(work.past(), circle);
  }

  private void checkParts(Event.Circle circle) {
    circle
        .parts()
        .forEach(
            (region, part) -> {
              Event.Judgement judgement = part.judgement();
              demand(
                  state.round().contribution(region).message().round() == part.started(),
                  "the part of %s started from another round".formatted(region));
              demand(
                  judgement.norms().size() == groups.count()
                      && (judgement.scales().isEmpty()
                          || judgement.scales().size() == groups.count())
                      && judgement.norms().stream().allMatch(norm -> norm >= 0)
                      && judgement.norms().stream().allMatch(Double::isFinite),
                  "the figures of %s are not those of the study's tensors".formatted(region));
            });
  }

  private void checkVerdicts(Judge.Past past, Event.Circle circle) {
    SortedMap<String, Judge.Measured> measured = new TreeMap<>();
    SortedMap<String, Double> agreements = new TreeMap<>();
    circle
        .parts()
        .forEach(
            (region, part) -> {
              Event.Judgement judgement = part.judgement();
              measured.put(
                  region,
                  new Judge.Measured(
                      judgement.repeat(),
                      judgement.onward(),
                      merged.round() - part.started(),
                      judgement.norms()));
              agreements.put(region, judgement.agreement());
            });
    SortedMap<String, Event.Judgement> judged =
        new Judge(state.study().merge().judging(), groups, past, measured)
            .judge(agreements, circle.norm());
    circle
        .parts()
        .forEach(
            (region, part) -> {
              Event.Judgement expected = Merger.of(judged, region);
              DeltaVerdict verdict = part.judgement().verdict();
              boolean later =
                  expected.verdict().isCounted()
                      && (verdict == DeltaVerdict.NOT_CHOSEN || verdict == DeltaVerdict.NOT_FINITE);
              demand(
                  later || part.judgement().equals(expected),
                  "%s is judged %s: by the study's rules it is %s"
                      .formatted(region, verdict.word(), expected.verdict().word()));
            });
  }

  private void checkShares(Judge.Past past, Event.Circle circle) {
    SortedMap<String, Event.Judgement> judgements = new TreeMap<>();
    double sum = 0;
    for (var entry : circle.parts().entrySet()) {
      Event.Part part = entry.getValue();
      judgements.put(entry.getKey(), part.judgement());
      demand(
          part.share() >= 0 && part.share() > 0 == part.judgement().verdict().isCounted(),
          "%s is %s and has the share %s"
              .formatted(entry.getKey(), part.judgement().verdict().word(), part.share()));
      sum += part.share();
    }
    demand(sum == 0 || Math.abs(sum - 1) < ROUNDING, "the shares add up to " + sum);
    if (Merger.isOfTooFew(state.study(), judgements)) {
      demand(sum == 0, "too few deltas are in order, and some have shares");
      return;
    }
    SortedMap<String, Double> shares =
        switch (state.study().merge().rule()) {
          case MEAN, MEDIAN, TRIMMED_MEAN ->
              MergeShares.of(
                  state.study().merge(),
                  Merger.weights(state.round(), judgements),
                  Merger.limits(state.study().merge(), judgements, past.counted()),
                  (one, other) -> 0);
          // These follow from the deltas alone.
          case GEOMETRIC_MEDIAN, KRUM -> new TreeMap<>();
        };
    shares.forEach(
        (region, share) ->
            demand(
                Objects.equals(share, Merger.of(circle.parts(), region).share()),
                "%s has another share than by the study's rules".formatted(region)));
  }

  private void demand(boolean held, String why) {
    if (!held) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "the merge of round %d: %s".formatted(merged.round(), why));
    }
  }
}
