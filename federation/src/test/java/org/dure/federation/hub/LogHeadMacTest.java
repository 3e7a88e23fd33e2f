package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogHeadMacTest {
  private static final String STUDY = "5".repeat(64);
  private static final String HEAD = "7".repeat(64);

  @TempDir Path folder;

  @Test
  void theKeyOfAHubIsMadeOnceAndItsAlone() throws Exception {
    LogHeadMac first = LogHeadMac.of(folder.resolve("hub"));
    String proof = first.proof(STUDY, 3, HEAD);
    Path file = folder.resolve("hub").resolve(LogHeadMac.FILE);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(folder.resolve("hub")).isDirectoryContaining(path -> path.equals(file));

    LogHeadMac again = LogHeadMac.of(folder.resolve("hub"));
    assertThat(again.holds(STUDY, 3, HEAD, proof)).isTrue();
    assertThat(LogHeadMac.of(folder.resolve("other")).holds(STUDY, 3, HEAD, proof)).isFalse();
  }

  @Test
  void theWordForAHeadIsForThisStudyNumberAndDigestOnly() {
    LogHeadMac headMac = LogHeadMac.of(folder);
    String proof = headMac.proof(STUDY, 3, HEAD);
    assertThat(headMac.proof(STUDY, 3, HEAD)).isEqualTo(proof).matches("[0-9a-f]{64}");
    assertThat(headMac.proof(STUDY, 4, HEAD)).isNotEqualTo(proof);
    assertThat(headMac.proof(STUDY, 3, HEAD)).isEqualTo(proof);
    assertThat(headMac.holds(STUDY, 3, HEAD, proof)).isTrue();
    assertThat(headMac.holds(HEAD, 3, HEAD, proof)).isFalse();
    assertThat(headMac.holds(STUDY, 4, HEAD, proof)).isFalse();
    assertThat(headMac.holds(STUDY, 3, STUDY, proof)).isFalse();
    assertThat(headMac.holds(STUDY, 3, HEAD, "")).isFalse();
    assertThat(headMac.holds(STUDY, 3, HEAD, proof.substring(1))).isFalse();
  }

  @Test
  void aKeyFileThatIsNoneIsRefusedByName() throws Exception {
    for (String text : new String[] {"", "0", "g".repeat(64), "0".repeat(65)}) {
      Files.writeString(folder.resolve(LogHeadMac.FILE), text);
      assertThatThrownBy(() -> LogHeadMac.of(folder))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining(LogHeadMac.FILE);
    }
  }
}
