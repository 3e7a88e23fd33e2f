package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// What every [ArtifactStore] keeps to; an implementation's test extends this.
public abstract class ArtifactStoreContract {
  private static final byte[] BYTES = "두레".getBytes(StandardCharsets.UTF_8);

  /// An empty store.
  protected abstract ArtifactStore store();

  @Test
  void bytesComeBackUnderTheirDigest() throws IOException {
    ArtifactStore store = store();
    String digest = store.put(BYTES);
    assertThat(digest).isEqualTo(Sha256.of(BYTES));
    assertThat(store.contains(digest)).isTrue();
    assertThat(store.size(digest)).isEqualTo(BYTES.length);
    assertThat(store.get(digest)).isEqualTo(BYTES);
    try (InputStream in = store.open(digest)) {
      assertThat(in.readAllBytes()).isEqualTo(BYTES);
    }
  }

  @Test
  void puttingTwiceIsPuttingOnce() {
    ArtifactStore store = store();
    store.put(BYTES);
    store.put(Sha256.of(BYTES), new ByteArrayInputStream(BYTES));
    assertThat(store.list()).containsExactly(Sha256.of(BYTES));
  }

  @Test
  void bytesOfAnotherDigestAreRefusedAndNotKept() {
    ArtifactStore store = store();
    String other = Sha256.of(new byte[] {1});
    assertThatThrownBy(() -> store.put(other, new ByteArrayInputStream(BYTES)))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT));
    assertThat(store.contains(other)).isFalse();
    assertThat(store.list()).isEmpty();
  }

  @Test
  void aStreamThatBreaksLeavesNothing() {
    ArtifactStore store = store();
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("the line was cut");
          }
        };
    assertThatThrownBy(() -> store.put(Sha256.of(BYTES), broken)).isInstanceOf(DureException.class);
    assertThat(store.list()).isEmpty();
  }

  @Test
  void whatIsRemovedIsGone() {
    ArtifactStore store = store();
    String digest = store.put(BYTES);
    store.remove(digest);
    store.remove(digest);
    assertThat(store.contains(digest)).isFalse();
    assertThatThrownBy(() -> store.get(digest))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING));
  }

  @Test
  void aNameThatIsNoDigestIsRefused() {
    assertThatThrownBy(() -> store().get("../../etc/passwd"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED));
  }
}
