package org.dure.federation.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportLogTest {
  private final KeyPair key = Signatures.newKeyPair();
  @TempDir Path folder;

  private ExportLog open(ExportPolicy policy) {
    return ExportLog.open(
        file(),
        policy,
        Signatures.signer(key.getPrivate(), key.getPublic()),
        () -> Instant.ofEpochSecond(1));
  }

  private Path file() {
    return folder.resolve("exports.jsonl");
  }

  private List<ExportLog.Entry> exports(PublicKey last) {
    List<ExportLog.Entry> entries = new ArrayList<>();
    ExportLog.verify(file(), last, entries::add);
    return entries;
  }

  private void write(int lines) {
    try (ExportLog log = open(ExportPolicy.standard())) {
      for (int i = 0; i < lines; i++) {
        log.approve("study", "ko", i, "delta", "digest" + i, 10);
      }
    }
  }

  private static void assertCode(Runnable action, ErrorCode code) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void whatIsLoggedReadsBackAndVerifies() {
    write(3);
    List<ExportLog.Entry> entries = exports(key.getPublic());

    assertThat(entries)
        .extracting(ExportLog.Entry::digest)
        .containsExactly("digest0", "digest1", "digest2");
    assertThat(entries.getFirst().rule())
        .isEqualTo("kinds has delta; bytes-per-round has 10 of 4294967296");
  }

  @Test
  void everyLineNamesThePolicyThatAllowedIt() {
    ExportPolicy policy =
        new ExportPolicy(Map.of("delta", "weights-body, weights-words"), 100, "f".repeat(64));
    try (ExportLog log = open(policy)) {
      log.approve("s", "ko", 1, "delta", "a", 20);
      assertCode(() -> log.approve("s", "ko", 1, "scores", "b", 1), ErrorCode.EXPORT_REFUSED);
    }
    assertThat(exports(key.getPublic()))
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.policy()).isEqualTo("f".repeat(64));
              assertThat(entry.rule())
                  .isEqualTo(
                      "kinds has weights-body, weights-words; bytes-per-round has 20 of 100");
            });
  }

  @Test
  void theSameExportIsLoggedOnceAlsoAfterARestart() {
    write(2);
    write(2);

    assertThat(exports(key.getPublic())).hasSize(2);
  }

  @Test
  void whatThePolicyDoesNotAllowIsNotLogged() {
    ExportPolicy policy = ExportPolicy.of(Set.of("delta"), 25);
    try (ExportLog log = open(policy)) {
      assertCode(() -> log.approve("s", "ko", 1, "scores", "d", 1), ErrorCode.EXPORT_REFUSED);
      log.approve("s", "ko", 1, "delta", "a", 20);
      assertCode(() -> log.approve("s", "ko", 1, "delta", "b", 6), ErrorCode.EXPORT_REFUSED);
      log.approve("s", "ko", 2, "delta", "b", 6);
    }
    try (ExportLog log = open(policy)) {
      assertCode(() -> log.approve("s", "ko", 1, "delta", "c", 6), ErrorCode.EXPORT_REFUSED);
    }
    assertThat(exports(key.getPublic())).hasSize(2);
  }

  private static ExportPolicy accepted(String consent, long times) {
    ExportPolicy.Bound messages = new ExportPolicy.Bound("contribution", 10, times);
    return ExportPolicy.standard()
        .within(
            new ExportPolicy.Accepted(
                "ko",
                consent,
                Map.of(
                    "delta", new ExportPolicy.Bound("weights-body", 100, times),
                    "contribution", messages,
                    "spending", messages),
                "accept more"));
  }

  @Test
  void aYesThatIsPutBackAfterANewerOneHasWhatLeftUnderBoth() {
    try (ExportLog log = open(accepted("a", 2))) {
      log.approve("s", "ko", 1, "delta", "a", 90);
      log.approve("s", "ko", 2, "delta", "b", 90);
    }
    try (ExportLog log = open(accepted("b", 2))) {
      log.approve("s", "ko", 3, "delta", "c", 90);
    }
    try (ExportLog log = open(accepted("a", 2))) {
      assertCode(() -> log.approve("s", "ko", 4, "delta", "d", 90), ErrorCode.CONSENT_MISSING);
    }
    try (ExportLog log = open(accepted("b", 2))) {
      log.approve("s", "ko", 4, "delta", "d", 90);
      assertCode(() -> log.approve("s", "ko", 5, "delta", "e", 90), ErrorCode.CONSENT_MISSING);
    }
    assertThat(exports(key.getPublic()))
        .filteredOn(entry -> entry.kind().equals("consent"))
        .hasSize(2);
  }

  @Test
  void nothingLeavesOnceTheLogWasMovedOrReplaced() throws IOException {
    try (ExportLog log = open(ExportPolicy.standard())) {
      log.approve("s", "ko", 1, "delta", "a", 90);
      Files.move(file(), folder.resolve("rotated"));
      assertCode(() -> log.approve("s", "ko", 2, "delta", "b", 90), ErrorCode.ARTIFACT_CORRUPT);
      Files.createFile(file());
      assertCode(() -> log.approve("s", "ko", 2, "delta", "b", 90), ErrorCode.ARTIFACT_CORRUPT);
      Files.move(folder.resolve("rotated"), file(), StandardCopyOption.REPLACE_EXISTING);
      log.approve("s", "ko", 2, "delta", "b", 90);
    }
    assertThat(exports(key.getPublic())).hasSize(2);
  }

  /// Whatever rounds it is of and whatever studies one consent covers, also after a restart.
  @Test
  void noMoreLeavesThanWasAcceptedInAll() {
    try (ExportLog log = open(accepted("a", 3))) {
      log.approve("s", "ko", 1, "delta", "a", 90);
      log.approve("s", "ko", 1, "delta", "a", 90);
      log.approve("s", "ko", 1, "spending", "b", 4);
      log.approve("s", "ko", 1, "contribution", "c", 6);
      log.approve("s", "ko", 7, "delta", "d", 100);
      log.approve("s", "ko", 7, "contribution", "e", 11);
      log.require("other", 1, "delta", 100);
      assertCode(() -> log.require("other", 1, "delta", 101), ErrorCode.CONSENT_MISSING);
    }
    try (ExportLog log = open(accepted("a", 3))) {
      log.approve("s", "ko", 1, "delta", "a", 90);
      log.approve("other", "ko", 1, "delta", "f", 50);
      assertCode(() -> log.approve("s", "ko", 8, "delta", "g", 1), ErrorCode.CONSENT_MISSING);
      assertCode(() -> log.approve("s", "ko", 8, "spending", "h", 1), ErrorCode.CONSENT_MISSING);
      log.approve("s", "ko", 8, "scores", "i", 1_000);
    }
    assertThat(exports(key.getPublic()).stream().mapToLong(ExportLog.Entry::bytes).sum())
        .isEqualTo(90 + 4 + 6 + 100 + 11 + 50 + 1_000);
    try (ExportLog log = open(accepted("b", 1))) {
      log.approve("s", "ko", 8, "delta", "g", 1);
      assertCode(() -> log.approve("s", "ko", 9, "delta", "j", 1), ErrorCode.CONSENT_MISSING);
    }
    assertThat(exports(key.getPublic()).stream().map(ExportLog.Entry::kind))
        .filteredOn("consent"::equals)
        .hasSize(2);
  }

  /// As many bytes as the log says, and no more, have left at any time.
  @Test
  void whatIsSaidOfTheWorkIsInTheLogBeforeItLeaves() {
    long left = 0;
    for (int start = 0; start < 2; start++) {
      try (ExportLog log = open(accepted("a", 1))) {
        for (int beat = 0; beat < 2_000; beat++) {
          log.approveBeat("s", "ko", beat / 100, 171);
          left += 171;
        }
        assertCode(() -> log.approveBeat("s", "ko", 1, 513), ErrorCode.EXPORT_REFUSED);
      }
      long said = exports(key.getPublic()).stream().mapToLong(ExportLog.Entry::bytes).sum();
      assertThat(said).isBetween(left, left + (start + 1) * (65L << 10));
    }
    try (ExportLog log = open(ExportPolicy.of(Set.of("delta"), 1 << 20))) {
      assertCode(() -> log.approveBeat("s", "ko", 1, 171), ErrorCode.EXPORT_REFUSED);
    }
  }

  @Test
  void aLastLineThatACrashCutShortIsDropped() throws IOException {
    write(2);
    Files.writeString(file(), "{\"entry\":{\"number\":3", StandardOpenOption.APPEND);
    write(3);

    assertThat(exports(key.getPublic())).hasSize(3);
  }

  @Test
  void aLogThatIsHandedOverGoesOnUnderTheNewKeyAndVerifiesByIt() {
    write(2);
    KeyPair next = Signatures.newKeyPair();
    Signer old = Signatures.signer(key.getPrivate(), key.getPublic());
    for (int time = 0; time < 2; time++) {
      ExportLog.handOver(file(), old, next.getPublic(), "ko", () -> Instant.ofEpochSecond(2));
    }
    try (ExportLog log =
        ExportLog.open(
            file(),
            ExportPolicy.standard(),
            Signatures.signer(next.getPrivate(), next.getPublic()),
            () -> Instant.ofEpochSecond(3))) {
      log.approve("study", "ko", 1, "delta", "digest1", 10);
      log.approve("study", "ko", 7, "delta", "digest7", 10);
    }
    assertThat(exports(next.getPublic()))
        .extracting(ExportLog.Entry::kind)
        .containsExactly("delta", "delta", "key", "delta");
    assertCode(() -> exports(key.getPublic()), ErrorCode.SIGNATURE_INVALID);
    assertCode(() -> exports(Signatures.newKeyPair().getPublic()), ErrorCode.SIGNATURE_INVALID);
  }

  @Test
  void anyLineThatWasChangedRemovedOrMovedIsNamed() throws IOException {
    write(4);
    List<String> lines = Files.readAllLines(file());
    List<List<String>> forgeries = new ArrayList<>();
    List<String> changed = new ArrayList<>(lines);
    changed.set(1, changed.get(1).replace("\"bytes\":10", "\"bytes\":11"));
    forgeries.add(changed);
    List<String> removed = new ArrayList<>(lines);
    removed.remove(1);
    forgeries.add(removed);
    List<String> moved = new ArrayList<>(lines);
    Collections.swap(moved, 1, 2);
    forgeries.add(moved);
    for (List<String> forgery : forgeries) {
      Files.write(file(), forgery);
      assertThatThrownBy(() -> exports(key.getPublic()))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("line 2");
      assertThatThrownBy(() -> open(ExportPolicy.standard())).isInstanceOf(DureException.class);
    }
  }

  @Test
  void aLogOfAnotherKeyIsRefused() {
    write(1);
    assertCode(() -> exports(Signatures.newKeyPair().getPublic()), ErrorCode.SIGNATURE_INVALID);
  }

  /// A region on a bad line says hello all its life.
  @Test
  void hellosAreLoggedAndUseUpNoBudget() {
    ExportPolicy policy = ExportPolicy.of(ExportPolicy.KINDS, 1_000);
    try (ExportLog log = open(policy)) {
      for (int i = 0; i < 20; i++) {
        log.approve("s", "ko", 0, "hello", "hello" + i, 300);
      }
      log.approve("s", "ko", 0, "preparation", "part", 900);
      log.approve("s", "ko", 1, "delta", "d", 900);
      assertCode(
          () -> log.approve("s", "ko", 0, "preparation", "b", 101), ErrorCode.EXPORT_REFUSED);
    }
    try (ExportLog log = open(policy)) {
      log.approve("s", "ko", 0, "hello", "another", 300);
      log.approve("s", "ko", 0, "preparation", "part", 900);
      assertCode(
          () -> log.approve("s", "ko", 0, "preparation", "b", 101), ErrorCode.EXPORT_REFUSED);
    }
    assertThat(exports(key.getPublic())).hasSize(23);
  }

  @Test
  void everyStudyHasItsOwnBudget() {
    ExportPolicy policy = ExportPolicy.of(Set.of("delta"), 10);
    try (ExportLog log = open(policy)) {
      log.approve("first", "ko", 1, "delta", "a", 10);
      log.approve("second", "ko", 1, "delta", "b", 10);
      assertCode(() -> log.approve("first", "ko", 1, "delta", "c", 1), ErrorCode.EXPORT_REFUSED);
      assertCode(() -> log.approve("second", "ko", 1, "delta", "c", 1), ErrorCode.EXPORT_REFUSED);
    }
  }

  /// What is no longer in memory is in the file.
  @Test
  void aRoundOfLongAgoIsStillWithinItsBudgetAndLoggedOnce() {
    ExportPolicy policy = ExportPolicy.of(Set.of("delta"), 10);
    try (ExportLog log = open(policy)) {
      for (int round = 1; round <= 500; round++) {
        log.approve("s", "ko", round, "delta", "digest" + round, 9);
      }
      log.approve("s", "ko", 3, "delta", "digest3", 9);
      assertCode(() -> log.approve("s", "ko", 7, "delta", "other", 2), ErrorCode.EXPORT_REFUSED);
      log.approve("s", "ko", 7, "delta", "other", 1);
      assertThat(log.remembered()).isLessThanOrEqualTo(64);
    }
    assertThat(exports(key.getPublic())).hasSize(501);
  }

  @Test
  void hellosThatWouldFillTheLogWait() {
    HelloPace pace = new HelloPace();
    long now = -5;
    for (int i = 0; i < HelloPace.AT_ONCE; i++) {
      assertThat(pace.next(now)).isZero();
    }
    assertThat(pace.next(now)).isEqualTo(HelloPace.EACH);
    assertThat(pace.next(now + HelloPace.EACH.toNanos())).isEqualTo(HelloPace.EACH);
    now += 1_000 * HelloPace.EACH.toNanos();
    assertThat(pace.next(now)).isZero();
  }
}
