package org.dure.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.app.audit.LeakReport;
import org.dure.app.home.Consent;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.core.AtomicFiles;
import org.dure.core.Decoding;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.privacy.CountingFloor;
import org.dure.core.privacy.SensitiveText;
import org.dure.evaluation.AuditReport;
import org.dure.evaluation.Interval;
import org.dure.evaluation.ModelDigests;
import org.dure.provenance.KeyFiles;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a site's own files say, before hostile bytes.
class DecoderFuzzTest {
  private static final Terms TERMS =
      new Terms(
          Terms.VERSION,
          new Terms.Subject("study", "pretraining", "digest", "authority"),
          "ko",
          List.of("ja"),
          List.of(),
          List.of(new Terms.Part(SitePolicy.COUNTS, 1, 1)),
          CountingFloor.standard(),
          new Terms.Measure(1_000, 64, 0),
          new Terms.Protection(new Terms.Noise(1, 0.5, 0.01, 200), 3, 3));

  @TempDir static Path folder;

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  static Stream<Arguments> policies() {
    return Stream.of(
        seed(SitePolicy.standard().toml().getBytes(UTF_8)),
        seed(
            "[counts]\nat-least-documents = 0\n[sensitive]\npatterns = [\"(a|b)+[\", \"\"]\n[x]\ny = 1"
                .getBytes(UTF_8)));
  }

  @MethodSource("policies")
  @FuzzTest
  void aPolicyIsReadAndReadsBackOrAllItsProblemsAreNamed(byte[] bytes) {
    Decoding.of(
            bytes,
            raw -> SitePolicy.parse("policy", new String(raw, UTF_8)),
            ErrorCode.CONFIGURATION_INVALID)
        .ifPresent(
            policy ->
                assertThat(SitePolicy.parse("again", policy.toml()).digest())
                    .isEqualTo(policy.digest()));
  }

  static Stream<Arguments> consents() throws IOException {
    Path home = Files.createTempDirectory("home");
    try {
      RegionLayout region = new RegionLayout(home);
      var unused = KeyFiles.obtain(region.key());
      var unusedToo =
          Consent.give(region, TERMS, SitePolicy.standard(), "digest", () -> Instant.EPOCH);
      return Stream.of(seed(Files.readAllBytes(home.resolve("consent.json"))));
    } finally {
      AtomicFiles.delete(home);
    }
  }

  @MethodSource("consents")
  @FuzzTest
  void aConsentThatThisKeyDidNotSignIsNone(byte[] bytes) throws IOException {
    RegionLayout region = new RegionLayout(folder.resolve("region"));
    var unused = KeyFiles.obtain(region.key());
    Files.write(region.path().resolve("consent.json"), bytes);
    assertThat(
            Decoding.of(
                bytes,
                raw -> Consent.require(region, TERMS),
                ErrorCode.SIGNATURE_INVALID,
                ErrorCode.ARTIFACT_CORRUPT))
        .isEmpty();
  }

  static Stream<Arguments> audits() {
    String digest = "0".repeat(64);
    LeakReport.Subject subject =
        new LeakReport.Subject(
            digest, "ko", digest, digest, new ModelDigests(digest, digest, digest));
    List<LeakReport.Group> groups = List.of(new LeakReport.Group(10, 4, 3, 0, 0, 0, 0, 1.5, 3));
    return Stream.of(
        seed(Json.bytes(new LeakReport(LeakReport.VERSION, subject, 1, 9, 2, 5, 6, groups))));
  }

  @MethodSource("audits")
  @FuzzTest
  void anAuditIsReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("audit.json"), bytes);
    Decoding.of(
            bytes,
            raw -> LeakReport.read(file),
            ErrorCode.INPUT_MALFORMED,
            ErrorCode.ARTIFACT_CORRUPT)
        .ifPresent(report -> assertThat(report.canaries()).isPositive());
  }

  static Stream<Arguments> memberships() {
    String digest = "0".repeat(64);
    return Stream.of(
        seed(
            Json.bytes(
                AuditReport.of(
                    "membership",
                    "2026-11-28T00:00:00Z",
                    new ModelDigests(digest, digest, digest),
                    Map.of("training", digest, "held-out", digest),
                    List.of(
                        AuditReport.Figure.of("AUC", new Interval(0.5, 0.4, 0.6)),
                        AuditReport.Figure.of("documents", 40)),
                    Map.of("documents", "40")))),
        seed("{\"kind\":\"a\",\"figures\":[{\"value\":1e999,\"low\":2}]}".getBytes(UTF_8)));
  }

  @MethodSource("memberships")
  @FuzzTest
  void anAuditOfMembershipIsReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("membership.json"), bytes);
    Decoding.of(
            bytes,
            raw -> AuditReport.read(file),
            ErrorCode.INPUT_MALFORMED,
            ErrorCode.ARTIFACT_CORRUPT)
        .ifPresent(report -> assertThat(report.figures()).isNotEmpty());
  }

  static Stream<Arguments> texts() {
    return Stream.of(
        seed("010-1234-5678, +82 (0)10 1234 5678; a@b.kr 850101-1234567".getBytes(UTF_8)),
        seed("FR14 2004 1010 0505 0001 3M02 606 １２３４ @@. 1 85 01 2A".getBytes(UTF_8)));
  }

  @MethodSource("texts")
  @FuzzTest
  void whatIsLeftOfATextIsInItInItsOrder(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    int at = 0;
    for (String piece : SensitiveText.standard().without(text)) {
      assertThat(text.startsWith(piece, text.indexOf(piece, at))).isTrue();
      at = text.indexOf(piece, at) + piece.length();
    }
  }
}
