package org.dure.federation.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartialChunksTest {
  @TempDir Path folder;

  private final byte[] chunk = new byte[200_000];
  private String digest = "";
  private FolderArtifactStore store;
  private PartialChunks arrivals;

  @BeforeEach
  void open() {
    Seeded.random("arrivals").nextBytes(chunk);
    digest = Sha256.of(chunk);
    store = new FolderArtifactStore(folder);
    arrivals = fresh();
  }

  private PartialChunks fresh() {
    return new PartialChunks(
        folder.resolve("partial"), store, FolderArtifactStore.Durability.FORCED);
  }

  @Test
  void aChunkThatBreaksOffAtRandomBytesInProcessesThatDieArrivesWhole() throws Exception {
    SplittableRandom random = Seeded.random("breaks");
    while (!store.contains(digest)) {
      PartialChunks process = fresh();
      int from = (int) process.bytes(digest);
      PartialChunks.Arrival arrival = process.open(digest, from);
      int to = Math.min(chunk.length, from + 1 + random.nextInt(50_000));
      arrival.write(chunk, from, to - from);
      if (to == chunk.length) {
        arrival.finish();
      }
    }
    assertThat(store.get(digest)).isEqualTo(chunk);
    assertThat(fresh().bytes(digest)).isZero();
  }

  @Test
  void aDamagedBeginningShowsAtTheEndAndStartsFromNothing() throws Exception {
    try (PartialChunks.Arrival arrival = arrivals.open(digest, 0)) {
      arrival.write(new byte[1_000], 0, 1_000);
    }
    try (PartialChunks.Arrival arrival = arrivals.open(digest, 1_000)) {
      arrival.write(chunk, 1_000, chunk.length - 1_000);
      assertThatThrownBy(arrival::finish)
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT));
    }
    assertThat(store.contains(digest)).isFalse();
    assertThat(arrivals.bytes(digest)).isZero();
  }

  @Test
  void aTransferThatGoesOnBeyondWhatHasComeIsRefused() throws Exception {
    try (PartialChunks.Arrival arrival = arrivals.open(digest, 0)) {
      arrival.write(chunk, 0, 500);
    }
    assertThatThrownBy(() -> arrivals.open(digest, 501)).hasMessageContaining("500 have come");
    assertThatThrownBy(() -> arrivals.open(digest, -1)).isInstanceOf(DureException.class);
  }

  @Test
  void ofTwoTransfersTheNewerWritesAndTheOlderHearsIt() throws Exception {
    PartialChunks.Arrival older = arrivals.open(digest, 0);
    older.write(chunk, 0, 700);
    try (PartialChunks.Arrival newer = arrivals.open(digest, 400)) {
      assertThatThrownBy(() -> older.write(chunk, 700, 10)).isInstanceOf(IOException.class);
      assertThatThrownBy(older::finish).isInstanceOf(IOException.class);
      newer.write(chunk, 400, chunk.length - 400);
      newer.finish();
    }
    older.close();
    assertThat(store.get(digest)).isEqualTo(chunk);
  }

  @Test
  void whatIsForgottenIsGoneAlsoForWhoeverWrites() throws Exception {
    PartialChunks.Arrival arrival = arrivals.open(digest, 0);
    arrival.write(chunk, 0, 700);
    arrivals.forget();
    assertThat(arrivals.bytes(digest)).isZero();
    assertThatThrownBy(() -> arrival.write(chunk, 700, 10)).isInstanceOf(IOException.class);
  }
}
