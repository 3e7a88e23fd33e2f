package org.dure.app.home;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Sharing;
import org.dure.core.privacy.CountingFloor;
import org.dure.federation.region.ExportPolicy;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SitePolicyTest {
  private static final Terms.Measure MUCH = new Terms.Measure(10_000, 64, 0);

  private static Terms terms(
      List<Terms.Part> parts, @Nullable CountingFloor counting, Terms.Measure measure) {
    return terms(parts, counting, measure, null);
  }

  private static Terms terms(
      List<Terms.Part> parts,
      @Nullable CountingFloor counting,
      Terms.Measure measure,
      Terms.@Nullable Noise noise) {
    return new Terms(
        Terms.VERSION,
        new Terms.Subject("s", "pretraining", "d", "a"),
        "ko",
        List.of("ja"),
        List.of(),
        parts,
        counting,
        measure,
        new Terms.Protection(noise, 0, 2));
  }

  private static Terms counted(CountingFloor counting) {
    return terms(List.of(new Terms.Part(SitePolicy.COUNTS, 100, 1)), counting, MUCH);
  }

  @Test
  void aPolicyThatCannotBeLookedAtIsNotTheUsualOne(@TempDir Path home) throws IOException {
    RegionLayout region = new RegionLayout(home);
    assertThat(SitePolicy.of(region)).isEqualTo(SitePolicy.standard());
    Files.createSymbolicLink(region.policy(), home.resolve("share/policy.toml"));
    assertThatThrownBy(() -> SitePolicy.of(region))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("policy.toml");
  }

  @Test
  void aPolicyThatIsGoneAfterSomethingWasAcceptedUnderItIsNotReplacedByTheUsualOne(
      @TempDir Path home) throws IOException {
    RegionLayout region = new RegionLayout(home);
    KeyPair unused = KeyFiles.obtain(region.key());
    SitePolicy strict = SitePolicy.parse("policy", "counts.at-least-documents = 50");
    Terms terms = terms(List.of(new Terms.Part("hello", 100, 0)), null, MUCH);
    Consent given = Consent.give(region, terms, strict, "digest", () -> Instant.EPOCH);
    assertThat(given.policy()).isEqualTo(strict.digest());
    assertThatThrownBy(() -> SitePolicy.of(region))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING))
        .hasMessageContaining("policy.toml is gone");
    Files.writeString(region.policy(), "");
    assertThat(SitePolicy.of(region)).isEqualTo(SitePolicy.standard());
    Files.delete(region.policy());
    var usual = Consent.give(region, terms, SitePolicy.standard(), "digest", () -> Instant.EPOCH);
    assertThat(SitePolicy.of(region).digest()).isEqualTo(usual.policy());
  }

  @Test
  void theLedgerOfASiteIsAFolderThatIsThereWhereverACommandIsStarted(@TempDir Path home) {
    assertThatThrownBy(() -> SitePolicy.parse("policy.toml", "privacy.ledger = \"ledger\""))
        .hasMessageContaining("privacy.ledger is \"ledger\": expected an absolute path");
    PrivacyPolicy named = new PrivacyPolicy(8, 1e-6, false, home.resolve("share").toString());
    assertThatThrownBy(() -> named.folder(home))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING))
        .hasMessageContaining("mkdir -p");
  }

  @Test
  void allProblemsOfAFileAreReportedAtOnce() {
    String toml =
        """
        exports.kinds = ["count", "scores"]
        exports.bytes-per-round = -1
        counts.at-least-occurrences = 0
        counts.at-least-documents = "five"
        counts.most-characters = 65
        weights.at-least-tokens = 1.5
        scores.at-least-documents = -2
        sensitive.patterns = ["[", "a*", "ok"]
        sensitive.pattern = []
        """;
    assertThatThrownBy(() -> SitePolicy.parse("policy.toml", toml))
        .isInstanceOfSatisfying(
            DureException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID))
        .hasMessageContainingAll(
            "10 problems",
            "exports.kinds has \"count\"",
            "did you mean counts?",
            "exports.bytes-per-round is -1",
            "counts.at-least-occurrences is 0",
            "counts.at-least-documents is \"five\"",
            "counts.most-characters is 65",
            "weights.at-least-tokens is 1.5",
            "scores.at-least-documents is -2",
            "sensitive.patterns, expression 1",
            "sensitive.patterns, expression 2",
            "unknown key sensitive.pattern");
  }

  @Test
  void whatIsKeptReadsBackToTheSame() {
    SitePolicy policy =
        SitePolicy.parse("p", "counts.at-least-documents = 7\nsensitive.patterns = [\"a\\\\d+\"]");
    SitePolicy again = SitePolicy.parse("again", policy.toml());
    assertThat(again.digest()).isEqualTo(policy.digest());
    assertThat(again.toml()).isEqualTo(policy.toml());
    assertThat(policy.digest()).isNotEqualTo(SitePolicy.standard().digest());
  }

  @Test
  void everyThresholdBelowTheFloorIsNamed() {
    assertThatThrownBy(() -> SitePolicy.standard().check(counted(new CountingFloor(9, 4, 7))))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED))
        .hasMessageContainingAll(
            "tokenizer.count-threshold is 9: at least 10",
            "tokenizer.count-documents is 4: at least 5",
            "tokenizer.count-characters is 7: at most 6");
    SitePolicy.standard().check(counted(CountingFloor.standard()));
    SitePolicy.standard().check(counted(new CountingFloor(50, 20, 2)));
  }

  @Test
  void whatTheSiteDoesNotLetLeaveIsNamed() {
    SitePolicy strict =
        SitePolicy.parse("p", "exports.kinds = [\"hello\"]\nexports.bytes-per-round = 99");
    assertThatThrownBy(() -> strict.check(counted(CountingFloor.standard())))
        .hasMessageContainingAll("takes out counts", "100 bytes a round");
  }

  @Test
  void aStudyWithoutTheProtectionThatTheSiteRequiresIsNamedWithAllElse() {
    SitePolicy strict =
        SitePolicy.parse("p", "privacy.required = true\nexports.kinds = [\"hello\"]");
    List<Terms.Part> parts = List.of(new Terms.Part(SitePolicy.SCORES, 1, 1));
    assertThatThrownBy(() -> strict.check(terms(parts, null, MUCH)))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED))
        .hasMessageContainingAll("privacy.required is true", "takes out scores");
    strict.check(terms(List.of(), null, MUCH, new Terms.Noise(1, 1, 0.01, 10)));
  }

  /// A delta of one sentence, or a score of one document, is nearly that.
  @Test
  void whatIsMadeOfTooLittleTextIsNamed() {
    Terms few = terms(List.of(), null, new Terms.Measure(99, 1, 4));
    assertThatThrownBy(() -> SitePolicy.standard().check(few))
        .hasMessageContainingAll(
            "99 tokens", "evaluation.round-documents is 1", "evaluation.final-documents is 4");
    SitePolicy.standard().check(terms(List.of(), null, Terms.Measure.NONE));
  }

  @Test
  void theDoorLetsOutOnlyWhatBothPolicyAndTermsHave() {
    List<Terms.Part> parts =
        List.of(
            new Terms.Part("hello", 1, 0),
            new Terms.Part(SitePolicy.WEIGHTS_BODY, 1, 1),
            new Terms.Part(SitePolicy.SCORES, 1, 1));
    Terms body = terms(parts, null, MUCH);
    ExportPolicy door = SitePolicy.standard().exports(Sharing.BODY, body);
    assertThat(door.kinds().keySet()).isEqualTo(Set.of("hello", "delta", "scores"));
    assertThat(door.digest()).isEqualTo(SitePolicy.standard().digest());
    assertThat(SitePolicy.standard().exports(Sharing.ALL, body).kinds()).doesNotContainKey("delta");
    SitePolicy none = SitePolicy.parse("p", "exports.kinds = [\"hello\", \"weights-words\"]");
    assertThat(none.exports(Sharing.BODY, body).kinds().keySet()).isEqualTo(Set.of("hello"));
  }

  /// What was accepted in all is counted at the door, the messages of a round together.
  @Test
  void theDoorCountsWhatWasAccepted() {
    List<Terms.Part> parts =
        List.of(
            new Terms.Part("hello", 10, 0),
            new Terms.Part("activity", 10, 0),
            new Terms.Part("contribution", 20, 8),
            new Terms.Part(SitePolicy.WEIGHTS_BODY, 30, 8),
            new Terms.Part(SitePolicy.WEIGHTS_WORDS, 40, 8),
            new Terms.Part(SitePolicy.COUNTS, 50, 1),
            new Terms.Part(SitePolicy.SCORES, 60, 5));
    Map<String, ExportPolicy.Bound> bounds =
        SitePolicy.bounds(Sharing.ALL, terms(parts, null, MUCH));
    assertThat(bounds.get("delta"))
        .isEqualTo(new ExportPolicy.Bound("weights-body, weights-words", 70, 8));
    assertThat(bounds.get("spending")).isEqualTo(bounds.get("contribution"));
    assertThat(bounds.get("scores")).isEqualTo(new ExportPolicy.Bound("scores", 60, 5));
    ExportPolicy door = SitePolicy.standard().exports(Sharing.ALL, terms(parts, null, MUCH));
    assertThat(door.kinds().keySet())
        .as("kinds that go by time alone")
        .containsAll(bounds.keySet())
        .hasSize(bounds.size() + 2);
    assertThat(door.kinds().keySet()).isEqualTo(Set.copyOf(ExportPolicy.KINDS));
  }

  @Test
  void damagedFilesAreReadOrRefused() {
    SplittableRandom random = Seeded.random("damagedFilesAreReadOrRefused");
    byte[] whole = SitePolicy.standard().toml().getBytes(UTF_8);
    for (int i = 0; i < 500; i++) {
      byte[] damaged = whole.clone();
      for (int j = 0; j <= random.nextInt(4); j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(128);
      }
      try {
        SitePolicy read = SitePolicy.parse("damaged", new String(damaged, UTF_8));
        assertThat(SitePolicy.parse("again", read.toml()).digest()).isEqualTo(read.digest());
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID);
      }
    }
  }
}
