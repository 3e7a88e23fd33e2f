package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;

import org.dure.federation.log.Event;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

/// A region that was shut out comes again, with a new key and an empty home.
class ReadmissionTest {
  private static TestHub study(String more) {
    return new TestHub(TestStudies.with(more, "fr", "ja", "ko", "vi"));
  }

  private static void revoke(TestHub hub, String region) {
    hub.hub.revoke(region, hub.key(region).getPublic(), "gone", hub.now);
  }

  /// As of a home in which nothing was ever done.
  private static void begin(TestHub hub, String region) {
    hub.send(
        Message.Hello.of(
            hub.study.digest(),
            region,
            hub.hub.layout().digest(),
            new Message.Past(
                hub.view(region).member().sequence(), LogHead.NONE, 0, "", ExportHead.NONE, "")));
  }

  private static long setBacks(TestHub hub) {
    long[] count = {0};
    String[] head = {"0".repeat(64)};
    hub.log.read(
        1,
        (number, bytes) -> {
          Event.Logged logged = Event.parse(bytes, number, head[0]);
          head[0] = logged.digest();
          count[0] += logged.event() instanceof Event.SetBack ? 1 : 0;
        });
    return count[0];
  }

  @Test
  void aStudyThatWaitsForAllBeginsWithIt() {
    TestHub hub = study("quorum = 3\naggregation = \"secret\"\nsecret.norm-bound = 3");
    hub.hello("fr");
    hub.hello("ja");
    revoke(hub, "ja");
    hub.hello("ko");
    revoke(hub, "vi");
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.WAITING);

    hub.renew("ja");
    begin(hub, "ja");

    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.COLLECTING);
    hub.start();
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.COLLECTING);
  }

  @Test
  void itsEmptyHomeIsNoOldCopyOfTheOneThatIsGone() {
    TestHub hub = study("quorum = 3\nrounds = 9");
    for (String region : hub.study.regions().stream().map(one -> one.name()).toList()) {
      hub.hello(region);
    }
    Message.Contribution made = hub.contribution("ja", 0.01f, 10);
    hub.send(
        new Message.Contribution(
            made.kind(),
            made.study(),
            made.region(),
            made.sequence(),
            made.round(),
            made.base(),
            made.delta(),
            made.weight(),
            made.metrics(),
            new ExportHead(12, "c".repeat(64))));
    revoke(hub, "ja");
    hub.renew("ja");
    begin(hub, "ja");

    assertThat(setBacks(hub)).isZero();
    assertThat(hub.status().regions().get(1).standing().setBackAt()).isZero();
    assertThat(hub.view("ja").member().exportLog()).isEqualTo(ExportHead.NONE);
  }

  @Test
  void theSameHomeThatWasEmptiedIsOne() {
    TestHub hub = study("quorum = 3\nrounds = 9");
    hub.hello("ja");
    hub.hello("ko");
    hub.hello("vi");
    hub.contribute("ja", 0.01f);
    hub.renew("ja");
    begin(hub, "ja");

    assertThat(setBacks(hub)).isPositive();
  }
}
