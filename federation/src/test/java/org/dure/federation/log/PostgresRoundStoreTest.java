package org.dure.federation.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PostgresServer;
import org.dure.core.Seeded;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class PostgresRoundStoreTest extends RoundStoreContract {
  private static final AtomicInteger SCHEMAS = new AtomicInteger();
  private static @Nullable PostgresServer server;

  @TempDir Path folder;
  @TempDir Path other;
  private String url = "";

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private static PostgresServer server() {
    return Objects.requireNonNull(server);
  }

  /// Not before all: Surefire would report nothing of tests that are skipped as a class.
  @BeforeEach
  void newSchema() {
    if (server == null) {
      server = PostgresServer.start();
    }
    url = server().url("study" + SCHEMAS.incrementAndGet());
  }

  @Override
  RoundStore open() {
    return open(folder);
  }

  private RoundStore open(Path hub) {
    return PostgresRoundStore.open(hub, url, Optional.of(PostgresServer.PASSWORD));
  }

  private static void assertRefused(ErrorCode code, String url, String password) {
    assertThatThrownBy(
            () ->
                PostgresRoundStore.open(
                    Path.of(System.getProperty("java.io.tmpdir"), "dure-no-hub"),
                    url,
                    Optional.of(password)))
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageNotContaining(password);
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
  void aLogOfManyPagesComesBackWhole() {
    try (RoundStore store = open()) {
      for (int i = 1; i <= 1_203; i++) {
        store.append(i, bytes("event"));
      }
      assertThat(events(store, 1)).hasSize(1_203);
      assertThat(events(store, 1_000)).hasSize(204).startsWith("1000 event");
    }
  }

  @Test
  void aSecondHubIsRefusedUntilTheFirstLetsGo() {
    try (RoundStore store = open()) {
      store.append(1, bytes("one"));
      assertThatThrownBy(() -> open(other))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_IN_USE));
    }
    open(other).close();
  }

  @Test
  void aHubThatWasCutOffCannotWriteAfterAnotherHasTakenOver() throws SQLException {
    try (RoundStore first = open()) {
      first.append(1, bytes("one"));
      breakConnections();
      try (RoundStore second = open(other)) {
        second.append(2, bytes("two"));
        assertThatThrownBy(() -> first.append(2, bytes("zwei")))
            .isInstanceOfSatisfying(
                DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_IN_USE));
      }
      assertThatThrownBy(() -> first.append(2, bytes("zwei"))).isInstanceOf(DureException.class);
    }
    try (RoundStore store = open()) {
      assertThat(events(store, 1)).containsExactly("1 one", "2 two");
    }
  }

  private static void breakConnections() throws SQLException {
    try (var connection =
            DriverManager.getConnection(server().url(), "dure", PostgresServer.PASSWORD);
        var statement = connection.createStatement()) {
      statement.execute(
          "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
              + " where application_name = 'dure hub'");
    }
  }

  @Test
  void aLostConnectionIsMadeAnewWithoutAnybodyNoticing() throws SQLException {
    try (RoundStore store = open()) {
      store.append(1, bytes("one"));
      breakConnections();
      store.append(2, bytes("two"));
      breakConnections();
      store.note("counts", bytes("2"));
      breakConnections();
      assertThat(events(store, 1)).containsExactly("1 one", "2 two");
    }
  }

  /// Whatever the questions are whose answers get lost, and however many in a row.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into event",
        "insert into event;insert into event",
        "insert into event;delete from event",
        "insert into event;coalesce(max(number), 0) from event",
        "insert into event;insert into event;insert into event;insert into event",
        "insert into event;lock_timeout;delete from event;from holder;insert into event",
      })
  void answersThatAreLostLeaveOneEventOfEachNumber(String lost) {
    try (AnswerThief line = new AnswerThief(port(url))) {
      String through = url.replace(":" + port(url) + "/", ":" + line.port() + "/");
      try (RoundStore store =
          PostgresRoundStore.open(folder, through, Optional.of(PostgresServer.PASSWORD))) {
        store.append(1, bytes("one"));
        line.losses.addAll(List.of(lost.split(";")));
        boolean appended = false;
        for (int attempt = 0; !appended; attempt++) {
          assertThat(attempt).isLessThan(10);
          try {
            store.append(2, bytes("two, attempt " + attempt));
            appended = true;
          } catch (DureException e) {
            assertThat(e.code()).as(String.valueOf(e)).isEqualTo(ErrorCode.STORE_UNREACHABLE);
          }
        }
        store.append(3, bytes("three"));
        assertThat(line.losses).isEmpty();
        assertThat(events(store, 1)).hasSize(3).startsWith("1 one").endsWith("3 three");
      }
    }
  }

  private static int port(String url) {
    return Integer.parseInt(url.replaceFirst("^.*127.0.0.1:([0-9]+)/.*$", "$1"));
  }

  @Test
  void whileTheServerIsAwayAppendsFailByNameAndGoOnWhenItIsBack() {
    try (RoundStore store = open()) {
      store.append(1, bytes("one"));
      server().kill();
      try {
        assertThatThrownBy(() -> store.append(2, bytes("lost")))
            .isInstanceOfSatisfying(
                DureException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNREACHABLE));
      } finally {
        server().startAgain();
      }
      store.append(2, bytes("two"));
      assertThat(events(store, 1)).containsExactly("1 one", "2 two");
    }
  }

  /// The server dies at random moments while events are appended as fast as it takes them.
  @Test
  void whatWasAppendedSurvivesAnyDeathOfTheServerAndNothingElseIsThere() throws Exception {
    SplittableRandom random = Seeded.random("postgres");
    try (RoundStore store = open()) {
      for (int kill = 0; kill < 4; kill++) {
        CountDownLatch begun = new CountDownLatch(1);
        long pause = random.nextLong(200);
        Thread killer =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        begun.await();
                        Thread.sleep(pause);
                      } catch (InterruptedException e) {
                        throw new AssertionError(e);
                      }
                      server().kill();
                    });
        boolean away = false;
        for (int i = 0; !away; i++) {
          long number = store.last() + 1;
          try {
            store.append(number, bytes("event " + number + " try " + i));
          } catch (DureException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNREACHABLE);
            away = true;
          }
          begun.countDown();
        }
        killer.join();
        server().startAgain();
        long last = store.last();
        store.append(last + 1, bytes("after"));
        assertThat(events(store, 1)).hasSize((int) last + 1);
        assertThat(events(store, last + 1)).containsExactly((last + 1) + " after");
      }
    }
  }

  @Test
  void aWrongAddressUserPasswordOrServerIsNamedWithoutThePassword() {
    String good = server().url();
    assertRefused(ErrorCode.CONFIGURATION_INVALID, good, "wrong secret");
    assertRefused(
        ErrorCode.CONFIGURATION_INVALID, good.replace("user=dure", "user=nobody"), "secret");
    assertRefused(
        ErrorCode.CONFIGURATION_INVALID,
        good.replace("/postgres?", "/nothing?"),
        PostgresServer.PASSWORD);
    assertRefused(
        ErrorCode.STORE_UNREACHABLE, "jdbc:postgresql://127.0.0.1:9/x?user=dure", "secret");
    assertRefused(ErrorCode.USAGE, good + "&password=hidden-one", "hidden-one");
    assertRefused(ErrorCode.USAGE, "jdbc:mysql://127.0.0.1/x", "secret");
  }

  @Test
  void aSchemaOfANewerVersionIsRefused() throws SQLException {
    open().close();
    try (var connection = DriverManager.getConnection(url, "dure", PostgresServer.PASSWORD);
        var statement = connection.createStatement()) {
      statement.execute("insert into schema_version (number) values (99)");
    }
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_CONFLICT));
  }
}
