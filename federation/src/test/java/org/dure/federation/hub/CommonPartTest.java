package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
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
