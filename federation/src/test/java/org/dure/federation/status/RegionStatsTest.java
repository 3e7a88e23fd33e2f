package org.dure.federation.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import java.util.Map;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.TestAuthority;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.wire.TlsIdentity;
import org.junit.jupiter.api.Test;

class RegionStatsTest {
  private static final long START = 1_000_000;
  private final RegionStats stats = new RegionStats(15_000);

  private void says(ActivityKind activity, long at) {
    stats.recordMessage("ja", "", START + at);
    stats.recordActivity("ja", activity, START + at);
  }

  @Test
  void timeGoesToWhatTheRegionSaidLast() {
    says(ActivityKind.TRAINING, 0);
    says(ActivityKind.TRAINING, 6_000);
    says(ActivityKind.SENDING, 8_000);
    says(ActivityKind.WAITING, 9_000);

    StudyStatus.Time time = stats.time("ja", START + 12_000);
    assertThat(time.training()).isEqualTo(8_000);
    assertThat(time.moving()).isEqualTo(1_000);
    assertThat(time.waiting()).isEqualTo(3_000);
    assertThat(time.utilisation()).isCloseTo(8.0 / 12, within(1e-9));
    assertThat(time.idle()).isCloseTo(0.25, within(1e-9));
  }

  @Test
  void timeWithoutALeaseIsAbsence() {
    says(ActivityKind.TRAINING, 0);
    says(ActivityKind.TRAINING, 100_000);

    StudyStatus.Time time = stats.time("ja", START + 101_000);
    assertThat(time.training()).isEqualTo(16_000);
    assertThat(time.absent()).isEqualTo(85_000);
  }

  @Test
  void aClockThatJumpsBackCountsNothingTwice() {
    says(ActivityKind.TRAINING, 10_000);
    says(ActivityKind.TRAINING, 12_000);
    says(ActivityKind.TRAINING, 2_000);
    assertThat(stats.time("ja", START + 12_000).training()).isEqualTo(2_000);
  }

  @Test
  void aRoundIsCountedFromItsOpeningOrTheRegionsLastContribution() {
    says(ActivityKind.TRAINING, 0);
    stats.recordContribution("ja", START - 5_000, START + 10_000);
    says(ActivityKind.TRAINING, 14_000);
    assertThat(stats.openMillis("ja", START + 12_000, START + 15_000)).isEqualTo(3_000);
    says(ActivityKind.TRAINING, 25_000);
    stats.recordContribution("ja", START + 12_000, START + 32_000);
    says(ActivityKind.TRAINING, 33_000);
    stats.recordContribution("ja", START + 12_000, START + 40_000);
    assertThat(stats.lapMillis("ja")).isEqualTo(10_000);
  }

  @Test
  void absenceIsNoPartOfARound() {
    says(ActivityKind.TRAINING, 0);
    says(ActivityKind.TRAINING, 100_000);
    stats.recordContribution("ja", START, START + 110_000);
    assertThat(stats.lapMillis("ja")).isEqualTo(25_000);
  }

  @Test
  void waitingBeforeALateDeliveryIsNoPartOfARound() {
    says(ActivityKind.TRAINING, 0);
    stats.recordContribution("ja", START, START + 4_000);
    says(ActivityKind.WAITING, 5_000);
    says(ActivityKind.WAITING, 18_000);
    stats.recordContribution("ja", START - 1_000, START + 30_000);
    assertThat(stats.lapMillis("ja")).isEqualTo(3_000);
  }

  @Test
  void theShareOfTransfersLeavesWaitingOut() {
    says(ActivityKind.RECEIVING, 0);
    says(ActivityKind.TRAINING, 6_000);
    says(ActivityKind.WAITING, 8_000);
    assertThat(stats.time("ja", START + 18_000).recentMoving()).isCloseTo(0.75, within(1e-9));
  }

  @Test
  void fragmentsThatMoveAtOnceAreTimedOnce() {
    stats.transferBegun("ja", Direction.OUT, 0);
    stats.transferBegun("ja", Direction.OUT, 500_000_000L);
    stats.transferEnded("ja", Direction.OUT, 1000, 1_000_000_000L);
    stats.transferEnded("ja", Direction.OUT, 3000, 2_000_000_000L);
    assertThat(stats.link("ja")).isEqualTo(new StudyStatus.Link(2000, 0, 2000, 0, 0));
  }

  @Test
  void refusalsAreCountedForGoodAndSinceTheLastGoodMessage() {
    stats.recordRefusal("ja", true, RejectReason.WRONG_LENGTH, 5);
    stats.recordLogged("ja");
    stats.recordRefusal("ja", true, RejectReason.WRONG_LENGTH, 7);
    stats.recordRefusal("ja", true, RejectReason.WRONG_LENGTH, 9);
    stats.recordRefusal("nobody", false, RejectReason.NOT_ADMITTED, 9);
    assertThat(stats.refusals("ja"))
        .containsOnly(Map.entry("WRONG_LENGTH", new StudyStatus.Refused(3, 2, 7, 9)));
    assertThat(stats.strangers().byReason()).containsOnly(Map.entry("NOT_ADMITTED", 1L));
  }

  @Test
  void countsOutliveTheHub() {
    RoundStore log = new MemoryRoundStore();
    says(ActivityKind.TRAINING, 0);
    stats.recordContribution("ja", START, START + 9_000);
    stats.recordRefusal("ja", true, RejectReason.MALFORMED, START);
    stats.save(log, START + 10_000);

    RegionStats again = new RegionStats(15_000);
    again.restore(log, START + 60_000);
    assertThat(again.lapMillis("ja")).isEqualTo(9_000);
    assertThat(again.lastSeen("ja")).isEqualTo(START);
    assertThat(again.refusals("ja").get("MALFORMED").count()).isOne();
    assertThat(again.time("ja", START + 60_000).training()).isEqualTo(9_000);
    assertThat(again.time("ja", START + 90_000).absent()).isEqualTo(15_000);
  }

  @Test
  void theEndOfACertificateIsReadFromIt() {
    TestAuthority authority = new TestAuthority("s");
    TlsIdentity identity = authority.region("ja");
    stats.recordMessage("ja", encoded(identity), START);
    assertThat(stats.certificateUntil("ja"))
        .isEqualTo(identity.certificate().getNotAfter().getTime());
    stats.recordMessage("ja", "no certificate", START);
    assertThat(stats.certificateUntil("ja")).isZero();
  }

  private static String encoded(TlsIdentity identity) {
    try {
      return Base64.getEncoder().encodeToString(identity.certificate().getEncoded());
    } catch (CertificateEncodingException e) {
      throw new AssertionError(e);
    }
  }
}
