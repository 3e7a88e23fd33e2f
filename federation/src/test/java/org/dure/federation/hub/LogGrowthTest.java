package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

/// What a region says of itself again and again makes the log grow by so much an hour and no more,
/// and is answered all the same.
class LogGrowthTest {
  private static final long HOUR = 3_600_000;

  private final TestHub hub = new TestHub(TestStudies.of("ja", "ko"));

  private void helloWithExports(long exports) {
    Message.Past past =
        new Message.Past(
            0, LogHead.NONE, 0, "", new ExportHead(exports, "%064x".formatted(exports)), "");
    hub.send(Message.Hello.of(hub.study.digest(), "ko", ArithmeticWorkload.LAYOUT.digest(), past));
  }

  @Test
  void aRegionWhoseExportLogIsAnotherEachTimeIsNotedSoOftenAndAnsweredAlways() {
    hub.hello("ja");
    hub.hello("ko");
    for (int hour = 1; hour <= 3; hour++) {
      long before = hub.log.last();
      for (int i = 1; i <= 500; i++) {
        hub.now += 1_000;
        helloWithExports(i % 2 + 1);
      }
      assertThat(hub.log.last() - before).isBetween(20L, 2L + MemberState.MOST_NOTES);
      hub.now += HOUR;
    }
    // A new process of the hub knows what the old one has logged.
    helloWithExports(3);
    long before = hub.log.last();
    for (int i = 1; i <= 100; i++) {
      hub.start();
      helloWithExports(i % 2 + 1);
    }
    assertThat(hub.log.last() - before).isLessThanOrEqualTo(MemberState.MOST_NOTES);
  }

  @Test
  void aRegionThatComesWithOneKeyAfterTheOtherIsSentAwayUntilTheHourIsOver() {
    hub.hello("ja");
    hub.hello("ko");
    for (int i = 1; i < MemberState.MOST_NOTES; i++) {
      hub.renew("ko");
      hub.hello("ko");
    }
    hub.renew("ko");
    assertThatThrownBy(() -> hub.hello("ko"))
        .isInstanceOfSatisfying(
            MessageRejected.class, e -> assertThat(e.refusal()).isEqualTo(RejectReason.TOO_OFTEN));
    hub.hello("ja");
    hub.now += HOUR;
    hub.hello("ko");
    assertThat(hub.view("ko").member().joined()).isTrue();
  }

  @Test
  void aRegionThatComesAndGoesIsSoonAwaitedNoMoreAndItsWorkCountsAllTheSame() {
    hub.hello("ja");
    hub.hello("ko");
    long before = hub.log.last();
    for (int i = 0; i < 200; i++) {
      hub.now += 16_000;
      hub.hello("ja");
      hub.hub.poll(hub.now);
      hub.hello("ko");
    }
    assertThat(hub.log.last() - before).isLessThanOrEqualTo(4L * MemberState.MOST_RETURNS + 8);
    hub.send(hub.contribution("ko", 0.5f, 10));
    assertThat(hub.view("ko").member().delivered()).isTrue();
  }
}
