package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.dure.core.Sha256;
import org.dure.federation.hub.TestHub;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;

/// What must hold after every action of a [Simulation]: the log is a whole chain that leads to the
/// state; no contribution is counted twice or too late; no round is merged without a quorum; epochs
/// only grow, and every region is told the same; what is taken back leaves the weights of the merge
/// before, and counts never again.
final class Invariants {
  private final Study study;
  private final TestHub hub;
  private final Set<String> counted = new HashSet<>();
  private final Set<String> inRound = new TreeSet<>();
  private long checked;
  private String head = Sha256.NONE;
  private long epoch;
  private int open = 1;
  private int revoked;
  private List<String> present = List.of();
  private String hostile = "";
  private TakenBack takenBack = TakenBack.NONE;

  /// Where the circles stood after each merge.
  private final Map<Integer, Map<String, Event.Standing>> standings = new HashMap<>();

  private String start = "";

  Invariants(Study study, TestHub hub) {
    this.study = study;
    this.hub = hub;
  }

  /// Nothing of this region counts at its own length.
  void hostile(String region) {
    hostile = region;
  }

  /// Looks through what has been logged since the last time, and at what regions are told.
  void check(Set<String> regions) {
    hub.log.read(
        checked + 1,
        (number, bytes) -> {
          Event.Logged logged = Event.parse(bytes, number, head);
          checked = number;
          head = logged.digest();
          check(logged.event());
        });
    assertThat(hub.number()).isEqualTo(checked);
    assertThat(hub.head()).isEqualTo(head);
    assertThat(hub.epoch()).isEqualTo(epoch);
    assertThat(hub.takenBack()).isEqualTo(takenBack);
    for (String region : regions) {
      StudyView view = hub.view(region);
      assertThat(view.lease().epoch()).isEqualTo(epoch);
      assertThat(view.lease().present()).isEqualTo(present);
    }
  }

  private void check(Event event) {
    switch (event) {
      case Event.Received received -> {
        if (received.signedMessage().orElseThrow().message()
            instanceof Message.Contribution message) {
          assertThat(counted.add(message.region() + " " + message.round()))
              .as("the first contribution of %s from round %d", message.region(), message.round())
              .isTrue();
          assertThat(takenBack.contains(message.round()))
              .as("round %d of %s", message.round(), takenBack)
              .isFalse();
          assertThat(open - message.round()).isBetween(0, study.patience().lateRounds());
          assertThat(inRound.add(message.region())).as("one in round %d", open).isTrue();
        }
      }
      case Event.Merged merged -> {
        assertThat(merged.round()).isEqualTo(open);
        standings.put(open, merged.standings());
        assertThat(inRound.size()).isGreaterThanOrEqualTo(study.patience().quorum() - revoked);
        checkCircles(merged);
        assertThat(merged.parts().get(hostile))
            .satisfiesAnyOf(
                part -> assertThat(part).isNull(),
                part -> assertThat(part.share()).isZero(),
                part -> assertThat(part.judgement().verdict()).isEqualTo(DeltaVerdict.CLIPPED));
        inRound.clear();
        open++;
      }
      case Event.Membership membership -> {
        assertThat(membership.epoch()).isEqualTo(++epoch);
        present = membership.present();
      }
      case Event.Undone undone -> {
        boolean afterTheLast = takenBack.place(open) > study.schedule().rounds();
        assertThat(undone.round()).isEqualTo(afterTheLast ? open - 1 : open);
        if (undone.base() == 0) {
          assertThat(undone.circles().values()).containsOnly(new Event.Standing(start, ""));
        } else {
          assertThat(undone.circles()).isEqualTo(standings.get(undone.base()));
        }
        takenBack = takenBack.with(undone.base(), undone.round());
        inRound.clear();
        open = undone.round() + 1;
      }
      case Event.Revoked gone -> revoked++;
      case Event.Opened opened -> start = opened.weights();
      case Event.Admitted admitted -> {}
      case Event.Prepared prepared -> {}
      case Event.Enrolled enrolled -> {}
      case Event.SetBack setBack -> {}
      case Event.StepClosed closed -> {
        assertThat(closed.round()).isEqualTo(open);
        assertThat(closed.members()).hasSizeGreaterThanOrEqualTo(3);
        if (closed.step() == SecretStep.DELTAS) {
          inRound.retainAll(closed.members());
        }
      }
      case Event.Dropped dropped -> {
        assertThat(dropped.round()).isEqualTo(open);
        takenBack = takenBack.with(takenBack.standingBefore(open), open);
        inRound.clear();
        open++;
      }
    }
  }

  /// Whoever contributed is in one circle at most, and of two circles nobody is in both; where
  /// there is but one, everybody is in it.
  private void checkCircles(Event.Merged merged) {
    Circles agreed = study.schedule().circles();
    int place = takenBack.place(merged.round());
    Set<String> merging = new TreeSet<>();
    merged
        .circles()
        .forEach(
            (name, circle) -> {
              circle
                  .parts()
                  .forEach(
                      (region, part) -> {
                        assertThat(merging.add(region)).as(region).isTrue();
                        assertThat(agreed.of(of(region), place)).isEqualTo(name);
                        assertThat(agreed.of(of(region), takenBack.place(part.started())))
                            .isEqualTo(name);
                        assertThat(part.share() > 0)
                            .as("%s of %s", part.judgement().verdict(), region)
                            .isEqualTo(part.judgement().verdict().isCounted());
                      });
              int size = circle.parts().size();
              assertThat(size == 0 || size >= study.leastInCircle()).as("%d", size).isTrue();
              double shares = circle.parts().values().stream().mapToDouble(Event.Part::share).sum();
              assertThat(shares == 0 || Math.abs(shares - 1) < 1e-9).as("%s", shares).isTrue();
            });
    if (agreed.isOne()) {
      assertThat(merging).isEqualTo(inRound);
    } else {
      assertThat(inRound).containsAll(merging);
    }
  }

  private Study.Region of(String region) {
    return study.regions().stream()
        .filter(one -> one.name().equals(region))
        .findFirst()
        .orElseGet(() -> new Study.Region(region, "vi"));
  }
}
