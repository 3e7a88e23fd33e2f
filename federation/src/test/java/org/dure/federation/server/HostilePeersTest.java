package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.Weights;
import org.dure.federation.client.HubLink;
import org.dure.federation.hub.Ledger;
import org.dure.federation.hub.TestHub;
import org.dure.federation.log.Event;
import org.dure.federation.merge.MergeShares;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Peers that hold a good certificate and say what does not fit: each wrong thing is refused by its
/// name and counted, and nobody else is the worse for it.
@Timeout(60)
class HostilePeersTest extends HostileBelt {

  @Test
  void everyMessageThatDoesNotFitIsRefusedByItsNameAndCounted() throws Exception {
    try (HubLink ko = link("ko");
        HubLink ja = link("ja")) {
      say(ko, "ko", hello("ko"));
      say(ja, "ja", hello("ja"));
      StudyView view = ko.view(-1, Duration.ZERO);
      String good = upload(ko, delta(0.5f)).digest();
      Weights notANumber = delta(0.5f);
      notANumber.set(7, Float.NaN);
      Weights infinite = delta(0.5f);
      infinite.set(50, Float.NEGATIVE_INFINITY);
      FragmentList whole = Fragments.list(delta(0.5f), belt.study.fragmentBytes());
      FragmentList foreign =
          new FragmentList(
              FragmentList.FP32,
              "0".repeat(64),
              whole.bytes(),
              whole.fragmentBytes(),
              whole.fragments());
      FragmentList shorter =
          new FragmentList(
              FragmentList.FP32, whole.layout(), 64, 64, whole.fragments().subList(0, 1));
      FragmentList bytes =
          new FragmentList(
              FragmentList.BYTES, "", whole.bytes(), whole.fragmentBytes(), whole.fragments());
      for (FragmentList list : List.of(foreign, shorter, bytes)) {
        MissingFragments unused = ko.offer(list.encode(), UploadKind.DELTA);
      }
      Map<RejectReason, byte[]> wrong = new TreeMap<>();
      wrong.put(RejectReason.WRONG_STUDY, contribution(view, good, with("study", "0".repeat(64))));
      wrong.put(RejectReason.WRONG_REGION, contribution(view, good, with("region", "ja")));
      wrong.put(RejectReason.WRONG_SEQUENCE, contribution(view, good, with("sequence", 7)));
      wrong.put(RejectReason.WRONG_ROUND, contribution(view, good, with("round", 2)));
      wrong.put(RejectReason.WRONG_BASE, contribution(view, good, with("base", good)));
      wrong.put(
          RejectReason.CHUNK_MISSING, contribution(view, good, with("delta", "1".repeat(64))));
      wrong.put(RejectReason.MALFORMED, contribution(view, good, with("weight", -1)));
      wrong.put(
          RejectReason.NOT_FINITE,
          contribution(view, upload(ko, notANumber).digest(), with("weight", 10)));
      wrong.put(
          RejectReason.WRONG_LAYOUT, contribution(view, foreign.digest(), with("weight", 10)));
      wrong.put(
          RejectReason.WRONG_LENGTH, contribution(view, shorter.digest(), with("weight", 10)));
      wrong.put(
          RejectReason.WRONG_ENCODING, contribution(view, bytes.digest(), with("weight", 10)));
      for (Map.Entry<RejectReason, byte[]> message : wrong.entrySet()) {
        assertRefused(() -> say(ko, "ko", message.getValue()), message.getKey());
      }
      String endless = upload(ko, infinite).digest();
      assertRefused(
          () -> say(ko, "ko", contribution(view, endless, with("weight", 10))),
          RejectReason.NOT_FINITE);
      byte[] signed = contribution(view, good, with("weight", 10));
      byte[] signature = belt.identity("ko").signer().sign(signed);
      byte[] moved = contribution(view, good, with("weight", 11));
      assertRefused(() -> ko.send(moved, signature), RejectReason.BAD_SIGNATURE);
      assertRefused(() -> ja.send(signed, signature), RejectReason.WRONG_REGION);

      assertThat(ko.view(-1, Duration.ZERO).member().delivered()).isFalse();
      Map<String, Long> counted = belt.refusals("ko");
      wrong.keySet().forEach(refusal -> assertThat(counted).containsKey(refusal.name()));
      assertThat(counted).containsEntry("NOT_FINITE", 2L).containsEntry("BAD_SIGNATURE", 1L);
      assertThat(belt.refusals("ja")).containsEntry("WRONG_REGION", 1L);
    }
  }

  @Test
  void whatIsTooLongOrCutShortIsRefusedByNameAndCounted() throws Exception {
    try (HubLink ko = link("ko")) {
      say(ko, "ko", hello("ko"));
      StudyView view = ko.view(-1, Duration.ZERO);
      byte[] good = contribution(view, upload(ko, delta(0.5f)).digest(), with("weight", 10));
      assertRefused(
          () -> say(ko, "ko", Arrays.copyOf(good, good.length - 1)), RejectReason.MALFORMED);
      assertRefused(() -> say(ko, "ko", new byte[Message.MOST_BYTES + 1]), RejectReason.TOO_LARGE);
      byte[] chunk = new byte[FragmentList.MOST_BYTES + 4];
      assertRefused(
          () -> ko.put(Sha256.of(chunk), UploadKind.DELTA, chunk, 0), RejectReason.TOO_LARGE);
      assertRefused(
          () -> ko.put(Sha256.of(good), UploadKind.DELTA, new byte[8], 0),
          RejectReason.CHUNK_CORRUPT);
    }
    assertThat(belt.refusals("ko"))
        .containsOnly(
            Map.entry("MALFORMED", 1L), Map.entry("TOO_LARGE", 2L), Map.entry("CHUNK_CORRUPT", 1L));
  }

  @Test
  void aLieAboutTheHubsLogConcernsTheLiarAloneAndTheTruthHoldsAfterARestart() throws Exception {
    StudyView seen;
    try (HubLink ko = link("ko")) {
      say(ko, "ko", hello("ko"));
      seen = ko.view(-1, Duration.ZERO);
    }
    belt.hub.close();
    belt.start();
    try (HubLink ko = link("ko");
        HubLink ja = link("ja")) {
      for (long number : new long[] {seen.log().number() + 1, Long.MAX_VALUE}) {
        byte[] lie = claim(number, seen.log().head(), seen.log().proof());
        assertRefused(() -> say(ko, "ko", lie), RejectReason.HEAD_UNPROVEN);
      }
      byte[] fork = claim(seen.log().number(), "0".repeat(64), seen.log().proof());
      assertRefused(() -> say(ko, "ko", fork), RejectReason.HEAD_UNPROVEN);
      assertThat(belt.refusals("ko")).containsEntry("HEAD_UNPROVEN", 3L);
      assertThat(belt.hub.pauseReason()).isEmpty();

      say(ja, "ja", hello("ja"));
      say(ko, "ko", claim(seen.log().number(), seen.log().head(), seen.log().proof()));
      assertThat(ja.view(-1, Duration.ZERO).progress().round()).isEqualTo(1);
      assertThat(belt.hub.pauseReason()).isEmpty();
    }
  }

  /// A hello of ko that has seen this head.
  private byte[] claim(long number, String head, String proof) {
    Map<String, Object> hello = new LinkedHashMap<>(Json.object(hello("ko")));
    hello.put("number", number);
    hello.put("head", head);
    hello.put("proof", proof);
    return Json.bytes(hello);
  }

  @Test
  void aMessageThatIsSaidAgainCountsOnceAndAnOldOneNotAtAll() throws Exception {
    try (HubLink ko = link("ko");
        HubLink ja = link("ja")) {
      say(ko, "ko", hello("ko"));
      say(ja, "ja", hello("ja"));
      StudyView view = ko.view(-1, Duration.ZERO);
      byte[] first = contribution(view, upload(ko, delta(0.5f)).digest(), with("weight", 10));
      byte[] signature = belt.identity("ko").signer().sign(first);

      Receipt receipt = ko.send(first, signature);
      assertThat(ko.send(first, signature)).isEqualTo(receipt);
      assertThat(ko.view(-1, Duration.ZERO).member().sequence()).isEqualTo(1);
      byte[] other = contribution(view, upload(ko, delta(0.25f)).digest(), with("weight", 10));
      assertRefused(() -> say(ko, "ko", other), RejectReason.WRONG_SEQUENCE);
    }
  }

  @Test
  void aRegionThatLiesAboutItsTokensIsRefusedByNameAndANewOneHasNoMoreThanAnEqualShare()
      throws Exception {
    TestHub hub = new TestHub(TestStudies.with("merge.step-weight = 2000", "fr", "ja", "ko"));
    hub.study.regions().forEach(region -> hub.hello(region.name()));
    hub.send(hub.contribution("fr", 0.25f, 10));
    hub.send(hub.contribution("ja", 0.25f, 10));
    for (long lie : new long[] {Long.MAX_VALUE, 10_001}) {
      assertRefused(() -> hub.send(hub.contribution("ko", 0.25f, lie)), RejectReason.WRONG_WEIGHT);
    }
    hub.send(hub.contribution("ko", 0.25f, 10_000));
    hub.poll();

    List<Event.Merged> merged = new ArrayList<>();
    String[] previous = {Sha256.NONE};
    hub.log.read(
        1,
        (number, bytes) -> {
          Event.Logged logged = Event.parse(bytes, number, previous[0]);
          previous[0] = logged.digest();
          if (logged.event() instanceof Event.Merged event) {
            merged.add(event);
          }
        });
    Map<String, Event.Part> parts = merged.getFirst().parts();
    assertThat(parts.get("ko").share()).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(parts.get("fr").share()).isCloseTo(1.0 / 3, within(1e-12));
    Path ledger = folder.resolve("ledger");
    Ledger.export(hub.log, ledger);
    assertThat(Ledger.verify(ledger).contributions()).containsEntry("ko", 1);
  }

  @Test
  void whateverTheClaimsTheSharesAddUpAndNoneIsAboveTheCap() {
    TreeMap<String, Double> claims = new TreeMap<>(Map.of("fr", 10.0, "ja", 10.0, "ko", 0x1p62));
    assertThat(MergeShares.capped(claims, 0.4).get("ko")).isEqualTo(0.4);
    TreeMap<String, Double> two = new TreeMap<>(Map.of("fr", 1.0, "ko", 0x1p63));
    assertThat(MergeShares.capped(two, 0.4).get("ko")).isEqualTo(0.5);
    TreeMap<String, Double> all =
        new TreeMap<>(Map.of("fr", 0x1p63, "ja", 0x1p63, "ko", 0x1p63, "vi", 1.0));
    assertThat(MergeShares.capped(all, 0.4).values().stream().mapToDouble(x -> x).sum())
        .isCloseTo(1, within(1e-12));
  }
}
