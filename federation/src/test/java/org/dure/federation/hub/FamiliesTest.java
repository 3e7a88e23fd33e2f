package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentWriter;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

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

  private static TestHub hub(String... parts) {
    TestHub hub =
        new TestHub(
            TestStudies.circled(
                "sharing = \"all\"\ncircles = [\"kind\"]\nword-family = \"kind\"",
                "fr-1:law",
                "fr-2:law",
                "vi-1:wiki",
                "vi-2:wiki"),
            new MemoryRoundStore(),
            Optional.of(new Joined()));
    for (String name : NAMES) {
      hub.hello(name);
    }
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
}
