package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentWriter;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Regions of one family prepare together, and apart from all others.
class FamiliesTest {
  private static final String[] NAMES = {"fr-1", "fr-2", "vi-1", "vi-2"};

  /// One part after the other, but for those that begin with a hash.
  private static final class Joined implements CommonPreparation {
    @Override
    public void prepare(SortedMap<String, Part> parts, FragmentWriter common) {
      for (Part part : parts.values()) {
        try (InputStream in = part.open()) {
          String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
          if (text.startsWith("#")) {
            throw new DureException(ErrorCode.INPUT_MALFORMED, "it begins with a hash");
          }
          common.write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  private static TestHub joined(RoundStore log) {
    TestHub hub =
        new TestHub(
            TestStudies.circled(
                "quorum = 2\nsharing = \"all\"\ncircles = [\"kind\"]\nword-family = \"kind\"",
                "fr-1:law",
                "fr-2:law",
                "vi-1:wiki",
                "vi-2:wiki"),
            log,
            Optional.of(new Joined()));
    for (String name : NAMES) {
      hub.hello(name);
    }
    return hub;
  }

  private static TestHub hub(String... parts) {
    return hub(new MemoryRoundStore(), parts);
  }

  private static TestHub hub(RoundStore log, String... parts) {
    TestHub hub = joined(log);
    for (int i = 0; i < NAMES.length; i++) {
      hub.prepare(NAMES[i], parts[i]);
    }
    hub.poll();
    return hub;
  }

  private static Event.Prepared prepared(TestHub hub) {
    return Objects.requireNonNull(hub.hub.state().prepared());
  }

  private static String common(TestHub hub, String region) {
    return hub.view(region).progress().common();
  }

  @Test
  void eachFamilyIsGivenWhatItsOwnRegionsMadeAndMayHaveNoOther() {
    TestHub hub = hub("la loi", "le droit", "luật", "bách khoa");
    assertThat(prepared(hub).common()).containsOnlyKeys("kind:law", "kind:wiki");
    assertThat(common(hub, "fr-1"))
        .isEqualTo(common(hub, "fr-2"))
        .isNotEqualTo(common(hub, "vi-1"));
    assertThat(common(hub, "vi-1")).isEqualTo(common(hub, "vi-2"));
    HubSnapshot snapshot = new HubSnapshot(hub.published);
    hub.hub.show(snapshot);
    assertThat(snapshot.mayHave("fr-1", common(hub, "fr-2"))).isTrue();
    assertThat(snapshot.mayHave("vi-1", common(hub, "fr-2"))).isFalse();
    assertThat(snapshot.isCommon(common(hub, "fr-1"))).isTrue();
    assertThat(snapshot.isCommon(common(hub, "vi-1"))).isTrue();
  }

  @Test
  void whatIsLostIsMadeAgainOfEveryFamily() {
    TestHub hub = hub("la loi", "le droit", "luật", "bách khoa");
    hub.published.list().forEach(hub.published::remove);
    hub.start();
    assertThat(hub.published.list()).containsAll(prepared(hub).common().values());
  }

  @Test
  void aPartThatSpoilsItsFamilysSpoilsNoOther() {
    TestHub hub = hub("la loi", "# droit", "luật", "bách khoa");
    assertThat(prepared(hub).leftOut()).containsOnlyKeys("fr-2");
    assertThat(prepared(hub).parts()).containsOnlyKeys("fr-1", "vi-1", "vi-2");
    assertThat(common(hub, "fr-2")).isEqualTo(common(hub, "fr-1")).isNotEmpty();
  }

  @Test
  void aFamilyWithoutAnyGoodPartIsToldAndTheOthersGoOn() {
    TestHub hub = hub("# loi", "# droit", "luật", "bách khoa");
    assertThat(prepared(hub).common()).containsOnlyKeys("kind:wiki");
    assertThat(hub.view("vi-1").progress().phase()).isEqualTo(Phase.TRAINING);
    assertThat(common(hub, "fr-1")).isEmpty();
    assertThatThrownBy(() -> hub.hello("fr-1"))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> {
              assertThat(e.refusal()).isEqualTo(RejectReason.WRONG_COMMON);
              assertThat(e.reason()).contains("the family of fr-1, kind:law");
            });
    hub.start();
    assertThat(prepared(hub).common()).containsOnlyKeys("kind:wiki");
    hub.hello("vi-1");
    hub.hello("vi-2");
    hub.now += 60_000;
    for (int round = 1; round <= 3; round++) {
      hub.contribute("vi-1", 0.01f * round);
      hub.contribute("vi-2", 0.02f * round);
      hub.poll();
    }
    assertThat(hub.view("vi-1").progress().phase())
        .as("nobody is waited for")
        .isEqualTo(Phase.MEASURING);
  }

  @Test
  void whoComesLaterFromAFamilyThatPreparedNothingIsToldAtTheDoor() {
    TestHub hub = hub("la loi", "le droit", "luật", "bách khoa");
    hub.hub.enrol("km-1", "km", hub.now);
    assertThatThrownBy(() -> hub.hello("km-1"))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> assertThat(e.reason()).contains("the family of km-1, alone:km-1"));
  }

  @Test
  void nothingOfARegionWithoutATokenizerCounts() {
    TestHub hub = hub("# loi", "# droit", "luật", "bách khoa");
    for (String region : List.of("fr-1", "fr-2")) {
      assertThatThrownBy(() -> hub.contribute(region, 1f))
          .isInstanceOfSatisfying(
              MessageRejected.class,
              e -> assertThat(e.refusal()).isEqualTo(RejectReason.WRONG_COMMON));
    }
  }

  @Test
  void whoIsEnrolledBeforehandFromAFamilyOfNobodyIsToldBeforeAnybodyWaitsForIt() {
    TestHub hub = joined(new MemoryRoundStore());
    hub.hub.enrol("km-1", "km", hub.now);
    assertThatThrownBy(() -> hub.hello("km-1"))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> assertThat(e.refusal()).isEqualTo(RejectReason.WRONG_COMMON));
  }

  @Test
  void aPartThatComesWhileTheOthersAreWorkedOnIsNotLost() {
    TestHub hub = joined(new MemoryRoundStore());
    hub.prepare("fr-1", "la loi");
    hub.prepare("vi-1", "luật");
    hub.prepare("vi-2", "bách khoa");
    hub.prepare("fr-2", "le droit");
    Hub.Step step = hub.hub.due(hub.now).orElseThrow();
    Optional<Event> made = step.work().get();
    hub.hub.revoke("fr-2", hub.key("fr-2").getPublic(), "stolen", hub.now);
    hub.renew("fr-2");
    hub.hello("fr-2");
    hub.hub.finish(step, made, hub.now);
    hub.poll();
    assertThat(hub.hub.state().prepared()).as("the new home has given nothing yet").isNull();
    hub.prepare("fr-2", "le nouveau droit");
    hub.poll();
    assertThat(prepared(hub).parts()).containsOnlyKeys(NAMES).isEqualTo(hub.hub.state().parts());
  }

  @Test
  void whatIsLostOfOneFamilyNeedsNothingOfTheOthers() {
    TestHub hub = hub("la loi", "le droit", "luật", "bách khoa");
    String law = common(hub, "fr-1");
    hub.published.remove(law);
    hub.received("vi-1").list().forEach(hub.received("vi-1")::remove);
    hub.start();
    assertThat(hub.published.contains(law)).isTrue();
  }

  static List<UnaryOperator<Event.Prepared>> lies() {
    SortedMap<String, String> none = new TreeMap<>();
    return List.of(
        right -> new Event.Prepared(none, none, none),
        right -> new Event.Prepared(without(right.common()), without(right.parts()), none),
        right -> new Event.Prepared(right.common(), without(right.parts()), none),
        right ->
            new Event.Prepared(
                right.common(), right.parts(), new TreeMap<>(Map.of("nobody", "a reason"))),
        right ->
            new Event.Prepared(
                right.common(), right.parts(), new TreeMap<>(Map.of("fr-1", "a reason"))));
  }

  private static SortedMap<String, String> without(SortedMap<String, String> law) {
    SortedMap<String, String> rest = new TreeMap<>(law);
    rest.keySet().removeIf(name -> name.startsWith("fr-") || name.equals("kind:law"));
    return rest;
  }

  @ParameterizedTest
  @MethodSource("lies")
  void aLedgerThatSaysOtherwiseWhatBecameOfPartsIsRefused(
      UnaryOperator<Event.Prepared> lie, @TempDir Path folder) {
    MemoryRoundStore log = new MemoryRoundStore();
    TestHub hub = hub(log, "la loi", "le droit", "luật", "bách khoa");
    MemoryRoundStore forged = new MemoryRoundStore();
    String[] heads = {Sha256.NONE, Sha256.NONE};
    log.readWhile(
        1,
        (number, bytes) -> {
          Event.Logged logged = Event.parse(bytes, number, heads[0]);
          heads[0] = logged.digest();
          boolean said = logged.event() instanceof Event.Prepared;
          Event event = said ? lie.apply(prepared(hub)) : logged.event();
          Event.Logged told = Event.log(number, logged.time(), heads[1], event);
          heads[1] = told.digest();
          forged.append(number, told.bytes());
          return !said;
        });
    Ledger.export(forged, folder.resolve("ledger"));
    assertThatThrownBy(() -> Ledger.verify(folder.resolve("ledger")))
        .hasMessageContaining("prepared");
  }
}
