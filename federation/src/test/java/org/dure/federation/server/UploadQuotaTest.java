package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Sha256;
import org.dure.federation.wire.PartialChunks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a region may have at the hub that no message of it counts.
class UploadQuotaTest {
  private static final int LENGTH = 1000;

  /// Room for four chunks.
  private static final UploadQuota.Quota FOUR =
      new UploadQuota.Quota(4 * (LENGTH + UploadQuota.FILE_COST), Long.MAX_VALUE);

  @TempDir Path folder;

  private FolderArtifactStore store;
  private PartialChunks partialChunks;
  private UploadQuota reservations;

  @BeforeEach
  void start() {
    store = new FolderArtifactStore(folder.resolve("store"));
    partialChunks =
        new PartialChunks(folder.resolve("partial"), store, FolderArtifactStore.Durability.LAZY);
    reservations = new UploadQuota(store, partialChunks);
  }

  private static byte[] chunk(int number) {
    byte[] bytes = new byte[LENGTH];
    bytes[0] = (byte) number;
    return bytes;
  }

  private static String digest(int number) {
    return Sha256.of(chunk(number));
  }

  /// A chunk comes, as a whole.
  private UploadQuota.Answer comes(int number) throws IOException {
    return comes(number, LENGTH, FOUR);
  }

  private UploadQuota.Answer comes(int number, int bytes, UploadQuota.Quota quota)
      throws IOException {
    String digest = digest(number);
    UploadQuota.Answer answer = reservations.begin(digest, LENGTH, quota);
    if (answer == UploadQuota.Answer.FULL) {
      answer = reservations.beginInstead(digest, LENGTH, quota);
    }
    if (answer == UploadQuota.Answer.BEGUN) {
      try (PartialChunks.Arrival arrival = partialChunks.open(digest, 0)) {
        arrival.write(chunk(number), 0, bytes);
        if (bytes == LENGTH) {
          arrival.finish();
        }
      }
      reservations.end(digest);
    }
    return answer;
  }

  @Test
  void whatTheNewestListDoesNotNameGivesWayOldestFirst() throws IOException {
    for (int number = 0; number < 4; number++) {
      assertThat(comes(number)).isEqualTo(UploadQuota.Answer.BEGUN);
    }
    assertThat(comes(4)).as("no list has taken the place of what is here").isEqualTo(full());
    reservations.announce(digest(9), Set.of(digest(0), digest(4), digest(5)));

    assertThat(comes(4)).isEqualTo(UploadQuota.Answer.BEGUN);
    assertThat(comes(5)).isEqualTo(UploadQuota.Answer.BEGUN);
    assertThat(store.list()).containsExactlyInAnyOrder(digest(0), digest(3), digest(4), digest(5));
    assertThat(comes(0)).isEqualTo(UploadQuota.Answer.HELD);
  }

  private static UploadQuota.Answer full() {
    return UploadQuota.Answer.FULL;
  }

  @Test
  void whatWasCountedNeverGivesWayAndTakesNoRoom() throws IOException {
    for (int number = 0; number < 4; number++) {
      assertThat(comes(number)).isEqualTo(UploadQuota.Answer.BEGUN);
    }
    reservations.counted(Set.of(digest(0), digest(1)));
    reservations.announce(digest(9), Set.of());
    for (int number = 4; number < 40; number++) {
      assertThat(comes(number)).isEqualTo(UploadQuota.Answer.BEGUN);
      reservations.announce(digest(9), Set.of());
    }

    assertThat(store.list()).contains(digest(0), digest(1), digest(39)).hasSize(2 + 4);
  }

  @Test
  void whatCameOfAChunkThatBrokeOffTakesItsOwnRoomAndGivesWayToo() throws IOException {
    UploadQuota.Quota quota =
        new UploadQuota.Quota(3 * (LENGTH + UploadQuota.FILE_COST), Long.MAX_VALUE);
    for (int number = 0; number < 40; number++) {
      assertThat(comes(number, 700, quota)).isEqualTo(UploadQuota.Answer.BEGUN);
      reservations.announce(digest(99), Set.of());
    }
    try (var parts = Files.list(folder.resolve("partial"))) {
      assertThat(parts).hasSize(3);
    }
    reservations.counted(Set.of());
    assertThat(folder.resolve("partial")).isEmptyDirectory();
    assertThat(reservations.isEmpty()).isTrue();
  }

  @Test
  void whatIsOnItsWayDoesNotGiveWay() {
    for (int number = 0; number < 4; number++) {
      assertThat(reservations.begin(digest(number), LENGTH, FOUR))
          .isEqualTo(UploadQuota.Answer.BEGUN);
    }
    reservations.announce(digest(9), Set.of());
    assertThat(reservations.beginInstead(digest(4), LENGTH, FOUR)).isEqualTo(full());
    reservations.end(digest(2));
    assertThat(reservations.beginInstead(digest(4), LENGTH, FOUR))
        .isEqualTo(UploadQuota.Answer.BEGUN);
  }

  @Test
  void filesThatHoldNothingAreNotManyEither() throws IOException {
    UploadQuota.Quota quota = new UploadQuota.Quota(Long.MAX_VALUE / 2, 3);
    for (int number = 0; number < 3; number++) {
      assertThat(comes(number, 0, quota)).isEqualTo(UploadQuota.Answer.BEGUN);
    }
    assertThat(comes(3, 0, quota)).isEqualTo(full());
    reservations.announce(digest(9), Set.of());
    assertThat(comes(3, 0, quota)).isEqualTo(UploadQuota.Answer.BEGUN);
  }
}
