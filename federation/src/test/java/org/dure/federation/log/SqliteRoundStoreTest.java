package org.dure.federation.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteRoundStoreTest extends RoundStoreContract {
  @TempDir Path folder;

  @Override
  RoundStore open() {
    return SqliteRoundStore.open(folder);
  }

  private static void assertRefused(Path folder, ErrorCode code) {
    assertThatThrownBy(() -> SqliteRoundStore.open(folder))
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void eventsAndNotesSurviveTheProcess() {
    try (RoundStore store = open()) {
      store.append(1, bytes("one"));
      store.note("counts", bytes("7"));
    }
    try (RoundStore store = open()) {
      assertThat(events(store, 1)).containsExactly("1 one");
      assertThat(store.noted("counts").orElseThrow()).isEqualTo(bytes("7"));
      store.append(2, bytes("two"));
    }
  }

  @Test
  void aSecondHubOnTheFolderIsRefusedUntilTheFirstLetsGo() {
    try (RoundStore store = open()) {
      store.append(1, bytes("one"));
      assertRefused(folder, ErrorCode.HOME_IN_USE);
    }
    open().close();
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedByNameAndLeftAlone() throws IOException {
    Path file = folder.resolve("rounds.sqlite");
    Files.writeString(file, "not a database, but long enough to be taken for one ".repeat(50));
    String before = Files.readString(file);

    assertRefused(folder, ErrorCode.ARTIFACT_CORRUPT);
    assertThat(Files.readString(file)).isEqualTo(before);
  }

  @Test
  void aSchemaOfANewerVersionIsRefused() throws SQLException {
    open().close();
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("rounds.sqlite"));
        var statement = connection.createStatement()) {
      statement.executeUpdate("pragma user_version = 99");
    }
    assertRefused(folder, ErrorCode.HOME_CONFLICT);
  }

  @Test
  void aFullDiskRefusesTheEventAndTheLogGoesOnWhenThereIsRoom() {
    try (SqliteRoundStore store = SqliteRoundStore.open(folder)) {
      store.append(1, bytes("one"));
      store.limitPages(8);
      assertThatThrownBy(() -> store.append(2, new byte[100_000]))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL));
      assertThat(store.last()).isEqualTo(1);

      store.limitPages(1 << 20);
      store.append(2, bytes("two"));
      assertThat(events(store, 1)).containsExactly("1 one", "2 two");
    }
  }
}
