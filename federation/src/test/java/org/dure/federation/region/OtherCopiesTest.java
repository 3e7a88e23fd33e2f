package org.dure.federation.region;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.dure.core.DureException;
import org.dure.core.Sha256;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;
import org.junit.jupiter.api.Test;

/// Whose messages a hub has, by their numbers.
class OtherCopiesTest {
  private final OtherCopies copies = new OtherCopies();

  private static StudyView view(long sequence) {
    return new StudyView(
        Message.PROTOCOL,
        Sha256.NONE,
        LogHead.NONE,
        new StudyView.Progress(Phase.TRAINING, 1, "", "", false, "", TakenBack.NONE),
        new StudyView.Member(true, sequence, false, 0, 0, "", ExportHead.NONE),
        new StudyView.Lease(1, List.of(), 0, 0),
        "");
  }

  private void fine(long sequence) {
    assertThatCode(() -> copies.checkMessages(view(sequence))).doesNotThrowAnyException();
  }

  private void anothers(long sequence) {
    assertThatThrownBy(() -> copies.checkMessages(view(sequence)))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("another copy of this region's home is at work");
  }

  @Test
  void whatTheHubHadAtFirstAndOneThatMayBeOnItsWayAndWhatWasSentSinceIsItsOwn() {
    fine(7);
    fine(8);
    anothers(9);
    copies.sends(0);
    copies.sends(9);
    fine(9);
    anothers(10);
  }

  @Test
  void aMessageThatWasRefusedIsNotThisProcesssIfTheHubHasOneOfItsNumber() {
    fine(7);
    copies.sends(8);
    fine(8);
    copies.sends(9);
    copies.refused(9);
    fine(8);
    anothers(9);
  }

  @Test
  void oneOfWhichNobodyKnowsWhatBecameOfItMayBe() {
    fine(7);
    copies.sends(8);
    copies.sends(9);
    copies.lost(9);
    fine(8);
    copies.sends(9);
    copies.refused(9);
    fine(9);
    copies.sends(10);
    copies.refused(10);
    anothers(10);
  }

  @Test
  void aHubThatWasSetBackHasFewer() {
    fine(7);
    fine(3);
    copies.sends(4);
    fine(4);
    anothers(9);
  }
}
