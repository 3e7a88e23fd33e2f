package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentWriter;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

/// What a hub takes as a part of the common preparation.
class CommonPartTest {
  private final Study study = TestStudies.of("ja", "ko");

  /// Wants no part of more than a hundred bytes.
  private static final class Short implements CommonPreparation {
    @Override
    public void check(Part part) {
      if (part.length() > 100) {
        throw new DureException(ErrorCode.INPUT_MALFORMED, part.length() + " bytes are too long");
      }
    }

    @Override
    public void prepare(SortedMap<String, Part> parts, FragmentWriter common) {
      common.write("made".getBytes(StandardCharsets.UTF_8));
    }
  }

  private TestHub hub() {
    TestHub hub = new TestHub(study, new MemoryRoundStore(), Optional.of(new Short()));
    hub.hello("ja");
    hub.hello("ko");
    return hub;
  }

  @Test
  void onePartThatCannotBeWorkedWithIsRefusedByNameWhenItArrives() {
    TestHub hub = hub();
    hub.prepare("ja", "good");
    assertThatThrownBy(() -> hub.prepare("ko", "bad ".repeat(50)))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> {
              assertThat(e.refusal()).isEqualTo(RejectReason.MALFORMED);
              assertThat(e.reason()).contains("the part of ko", "200 bytes are too long");
            });
    hub.poll();
    assertThat(hub.view("ko").progress().phase()).isEqualTo(Phase.PREPARING);
    hub.prepare("ko", "good too");
    hub.poll();
    assertThat(hub.view("ko").progress().phase()).isEqualTo(Phase.TRAINING);
  }

  @Test
  void whoGivesNoPartThatCanBeWorkedWithIsWaitedForAWhileAndThenLeftOutByName() {
    TestHub hub = hub();
    hub.prepare("ja", "good");
    assertThatThrownBy(() -> hub.prepare("ko", "bad ".repeat(50)))
        .isInstanceOf(MessageRejected.class);
    hub.now += 59_000;
    hub.poll();
    assertThat(hub.view("ko").progress().phase()).isEqualTo(Phase.PREPARING);
    hub.now += 1_000;
    hub.poll();
    assertThat(hub.view("ko").progress().phase()).isEqualTo(Phase.TRAINING);
    Event.Prepared prepared = Objects.requireNonNull(hub.hub.state().prepared());
    assertThat(prepared.parts()).containsOnlyKeys("ja");
    assertThat(prepared.leftOut().get("ko")).contains("the part of ko", "200 bytes are too long");
    assertThat(hub.status().regions().getLast().concern()).isNotNull();
    hub.published.list().forEach(hub.published::remove);
    hub.start();
    assertThat(hub.published.list()).containsAll(prepared.common().values());
  }

  /// Throws what nobody has thought of, at a part that begins with an x, and cannot work with two
  /// that begin with a y.
  private static final class Fragile implements CommonPreparation {
    @Override
    public void check(Part part) {
      if (begins(part) == 'z') {
        throw new IllegalStateException("a defect");
      }
    }

    private static int begins(Part part) {
      try (InputStream in = part.open()) {
        return in.read();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void prepare(SortedMap<String, Part> parts, FragmentWriter common) {
      if (parts.values().stream().anyMatch(part -> begins(part) == 'x')) {
        throw new ArrayIndexOutOfBoundsException(7);
      }
      if (parts.values().stream().filter(part -> begins(part) == 'y').count() > 1) {
        throw new DureException(ErrorCode.INPUT_MALFORMED, "two of them are too many");
      }
      common.write(String.join(" ", parts.keySet()).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static Event.Prepared prepared(String... parts) {
    String[] names = {"fr", "ja", "ko", "vi"};
    TestHub hub =
        new TestHub(TestStudies.of(names), new MemoryRoundStore(), Optional.of(new Fragile()));
    for (String name : names) {
      hub.hello(name);
    }
    for (int i = 0; i < names.length; i++) {
      hub.prepare(names[i], parts[i]);
    }
    hub.poll();
    return Objects.requireNonNull(hub.hub.state().prepared());
  }

  @Test
  void aPartThatFailsOnlyWhenItIsUsedStopsNobodyElse() {
    Event.Prepared prepared = prepared("a", "x of ja", "b", "c");
    assertThat(prepared.parts()).containsOnlyKeys("fr", "ko", "vi");
    assertThat(prepared.leftOut().get("ja")).contains("ArrayIndexOutOfBounds");
  }

  @Test
  void ofPartsThatDoNotGoTogetherTheLargestIsLeftOut() {
    Event.Prepared prepared = prepared("y", "y and much more", "b", "c");
    assertThat(prepared.parts()).containsOnlyKeys("fr", "ko", "vi");
    assertThat(prepared.leftOut()).containsEntry("ja", "two of them are too many");
  }

  @Test
  void whatNobodyHasThoughtOfIsTheSendersToo() {
    TestHub hub = new TestHub(study, new MemoryRoundStore(), Optional.of(new Fragile()));
    hub.hello("ja");
    hub.hello("ko");
    assertThatThrownBy(() -> hub.prepare("ko", "z"))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> assertThat(e.reason()).contains("the part of ko", "a defect"));
  }

  @Test
  void nothingOfARevokedRegionIsInThePreparation() {
    TestHub hub = new TestHub(study, new MemoryRoundStore(), Optional.of(new Fragile()));
    hub.hello("ja");
    hub.hello("ko");
    hub.prepare("ko", "evil");
    hub.hub.revoke("ko", hub.key("ko").getPublic(), "a lie", hub.now);
    hub.poll();
    assertThat(hub.hub.state().prepared()).isNull();
    hub.prepare("ja", "good");
    hub.poll();
    assertThat(Objects.requireNonNull(hub.hub.state().prepared()).parts()).containsOnlyKeys("ja");
  }

  /// Its one byte repeated makes a list of equal fragments: nothing of that size is written.
  @Test
  void aPartOfMoreThanTheRegionsShareIsRefusedByNameBeforeItIsRead() {
    TestHub hub = hub();
    int fragmentBytes = 1 << 14;
    long count = CommonPreparation.mostBytes(study) / fragmentBytes + 1;
    List<String> fragments =
        IntStream.range(0, (int) count).mapToObj(i -> Sha256.NONE).collect(Collectors.toList());
    FragmentList list =
        new FragmentList(FragmentList.BYTES, "", count * fragmentBytes, fragmentBytes, fragments);
    String digest = hub.received("ko").put(list.encode());
    assertThatThrownBy(
            () ->
                hub.send(
                    new Message.Preparation(
                        Message.Preparation.KIND, study.digest(), "ko", 1, 0, digest)))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> {
              assertThat(e.refusal()).isEqualTo(RejectReason.TOO_LARGE);
              assertThat(e.reason()).contains("the part of ko", "at most 67108864");
            });
  }
}
