package org.dure.app.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.privacy.CountingFloor;
import org.dure.provenance.KeyFiles;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsentTest {
  private static final Terms ASKED =
      new Terms(
          Terms.VERSION,
          new Terms.Subject("study", "pretraining", "digest", "authority"),
          "ko",
          List.of("fr", "ja"),
          List.of(),
          List.of(
              new Terms.Part("hello", 100, 0),
              new Terms.Part(SitePolicy.WEIGHTS_BODY, 1_000, 10),
              new Terms.Part(SitePolicy.COUNTS, 500, 1)),
          new CountingFloor(20, 10, 5),
          new Terms.Measure(1_000, 64, 0),
          new Terms.Protection(null, 0, 2));

  @TempDir Path folder;
  private RegionLayout home = new RegionLayout(Path.of(""));

  @BeforeEach
  void aHome() {
    home = new RegionLayout(folder);
    KeyPair unused = KeyFiles.obtain(home.key());
  }

  private Consent give(Terms terms) {
    return Consent.give(
        home, terms, SitePolicy.standard(), "terminal", () -> Instant.ofEpochSecond(1));
  }

  private static void assertCode(Runnable action, ErrorCode code, String... said) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code))
        .message()
        .contains(said.length == 0 ? new String[] {""} : said);
  }

  @Test
  void withoutAYesNothingGoesOnAndWhatToTypeIsSaid() {
    assertCode(
        () -> Consent.require(home, ASKED),
        ErrorCode.CONSENT_MISSING,
        "--accept " + ASKED.digestOfTerms());
    Consent given = give(ASKED);
    assertThat(Consent.require(home, ASKED)).isEqualTo(given);
  }

  private static Terms with(
      List<String> sharedWith, List<Terms.Part> parts, CountingFloor counting, Terms.Measure m) {
    return new Terms(
        Terms.VERSION,
        new Terms.Subject("study", "pretraining", "another", "authority"),
        "ko",
        sharedWith,
        List.of(),
        parts,
        counting,
        m,
        ASKED.protection());
  }

  private static Terms as(String study, String workload, String authority, String region) {
    return new Terms(
        Terms.VERSION,
        new Terms.Subject(study, workload, "digest", authority),
        region,
        ASKED.sharedWith(),
        List.of(),
        ASKED.parts(),
        ASKED.counting(),
        ASKED.measure(),
        ASKED.protection());
  }

  private static Terms protectedBy(Terms.Protection protection) {
    return new Terms(
        Terms.VERSION,
        ASKED.subject(),
        "ko",
        ASKED.sharedWith(),
        List.of(),
        ASKED.parts(),
        ASKED.counting(),
        ASKED.measure(),
        protection);
  }

  private static Terms merged(Terms.Circle... circles) {
    return new Terms(
        Terms.VERSION,
        ASKED.subject(),
        "ko",
        ASKED.sharedWith(),
        List.of(circles),
        ASKED.parts(),
        ASKED.counting(),
        ASKED.measure(),
        ASKED.protection());
  }

  @Test
  void withWhomARegionIsMergedIsAcceptedWithTheRestAndAnotherCircleIsNamed() {
    Terms.Circle all = new Terms.Circle(1, List.of("fr", "ja"));
    Terms accepted = merged(all, new Terms.Circle(5, List.of("ja")));
    assertThat(accepted.beyond(accepted)).isEmpty();
    for (Terms other :
        List.of(ASKED, merged(all), merged(all, new Terms.Circle(5, List.of("fr"))))) {
      assertThat(accepted.beyond(other))
          .singleElement()
          .asString()
          .contains("go together with others");
    }
    assertThat(accepted.digestOfTerms()).isNotEqualTo(ASKED.digestOfTerms());
  }

  @Test
  void whatProtectsIsAcceptedWithTheRestAndLessOfItIsNamed() {
    Terms.Noise noise = new Terms.Noise(1, 0.5, 0.01, 200);
    Terms accepted = protectedBy(new Terms.Protection(noise, 3, 4));
    Map<String, Terms.Protection> less =
        Map.of(
            "documents are not protected",
            new Terms.Protection(null, 3, 4),
            "privacy.noise-multiplier: it is 0.9, accepted was 1",
            new Terms.Protection(new Terms.Noise(0.9, 0.5, 0.01, 200), 3, 4),
            "privacy.clip: it is 0.6",
            new Terms.Protection(new Terms.Noise(1, 0.6, 0.01, 200), 3, 4),
            "privacy.sample-rate: it is 0.011",
            new Terms.Protection(new Terms.Noise(1, 0.5, 0.011, 200), 3, 4),
            "steps on protected documents: it is 201",
            new Terms.Protection(new Terms.Noise(1, 0.5, 0.01, 201), 3, 4),
            "the hub sees each delta",
            new Terms.Protection(noise, 0, 4),
            "regions in a secret sum: it is 2",
            new Terms.Protection(noise, 2, 4),
            "regions in a merge: it is 3",
            new Terms.Protection(noise, 3, 3));
    less.forEach(
        (said, protection) ->
            assertThat(accepted.beyond(protectedBy(protection)))
                .singleElement()
                .asString()
                .contains(said));
    Terms more = protectedBy(new Terms.Protection(new Terms.Noise(1.1, 0.4, 0.009, 199), 4, 5));
    assertThat(accepted.beyond(more)).isEmpty();
    assertThat(protectedBy(new Terms.Protection(null, 0, 4)).beyond(accepted)).isEmpty();
  }

  @Test
  void noTextIsLessThanAny() {
    List<Terms.Part> parts = ASKED.parts();
    Terms rehearsal = with(List.of("fr", "ja"), parts, null, Terms.Measure.NONE);
    for (Terms.Measure measure :
        List.of(
            new Terms.Measure(1, 0, 0),
            new Terms.Measure(1L << 40, 64, 0),
            new Terms.Measure(1, 0, 1 << 30))) {
      assertThat(rehearsal.beyond(with(List.of("fr", "ja"), parts, null, measure)))
          .singleElement()
          .asString()
          .contains("the region's text");
    }
    assertThat(rehearsal.beyond(rehearsal)).isEmpty();
  }

  /// As often as the connection is made anew is more than any number of times.
  @Test
  void whatMayLeaveWithoutEndMayLeaveSoOften() {
    Terms endless =
        with(List.of(), List.of(new Terms.Part("hello", 100, 0)), null, ASKED.measure());
    Terms often = with(List.of(), List.of(new Terms.Part("hello", 100, 50)), null, ASKED.measure());
    assertThat(endless.beyond(often)).isEmpty();
    assertThat(often.beyond(endless)).hasSize(1);
  }

  @Test
  void aChangedStudyThatTakesNoMoreGoesOn() {
    Consent unused = give(ASKED);
    Terms less =
        with(
            List.of("ja"),
            List.of(new Terms.Part(SitePolicy.WEIGHTS_BODY, 900, 9)),
            new CountingFloor(21, 11, 4),
            new Terms.Measure(1_001, 0, 0));
    assertThat(Consent.require(home, less).terms()).isEqualTo(ASKED);
  }

  @Test
  void whateverAStudyAsksBeyondStopsTheRegionByName() {
    Consent unused = give(ASKED);
    List<Terms.Part> parts = ASKED.parts();
    CountingFloor counting = new CountingFloor(20, 10, 5);
    Terms.Measure measure = ASKED.measure();
    List<String> others = ASKED.sharedWith();
    List<Terms.Part> words = new ArrayList<>(parts);
    words.add(new Terms.Part(SitePolicy.WEIGHTS_WORDS, 1, 1));
    List<Terms> more =
        List.of(
            with(List.of("fr", "ja", "vi"), parts, counting, measure),
            with(others, words, counting, measure),
            with(others, List.of(new Terms.Part("weights-body", 1_001, 9)), counting, measure),
            with(others, List.of(new Terms.Part("weights-body", 1_000, 11)), counting, measure),
            with(others, List.of(new Terms.Part("weights-body", 1_000, 0)), counting, measure),
            with(others, parts, new CountingFloor(19, 10, 5), measure),
            with(others, parts, new CountingFloor(20, 9, 5), measure),
            with(others, parts, new CountingFloor(20, 10, 6), measure),
            with(others, parts, counting, new Terms.Measure(999, 64, 0)),
            with(others, parts, counting, new Terms.Measure(1_000, 63, 0)),
            with(others, parts, counting, new Terms.Measure(1_000, 64, 5)),
            as("other", "pretraining", "authority", "ko"),
            as("study", "rehearsal", "authority", "ko"),
            as("study", "pretraining", "another", "ko"),
            as("study", "pretraining", "authority", "ja"));
    for (Terms asked : more) {
      assertCode(
          () -> Consent.require(home, asked), ErrorCode.CONSENT_MISSING, "more than was accepted");
    }
    assertThat(Consent.require(home, ASKED).terms()).isEqualTo(ASKED);
  }

  @Test
  void everyChangedByteOfTheFileIsRefused() throws IOException {
    Consent unused = give(ASKED);
    byte[] whole = Files.readAllBytes(home.consent());
    for (int at = 0; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] ^= 1;
      Files.write(home.consent(), changed);
      assertThatThrownBy(() -> Consent.require(home, ASKED))
          .isInstanceOfSatisfying(
              DureException.class,
              e ->
                  assertThat(e.code())
                      .isIn(ErrorCode.SIGNATURE_INVALID, ErrorCode.ARTIFACT_CORRUPT));
    }
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(home.consent(), Arrays.copyOf(whole, length));
      assertCode(() -> Consent.require(home, ASKED), ErrorCode.ARTIFACT_CORRUPT, "accept");
    }
  }

  @Test
  void anotherKeysConsentIsNone() throws IOException {
    Consent unused = give(ASKED);
    Files.delete(home.key());
    KeyPair other = KeyFiles.obtain(home.key());
    assertThat(other).isNotNull();
    assertCode(() -> Consent.require(home, ASKED), ErrorCode.SIGNATURE_INVALID);
  }

  @Test
  void theNextKeyTakesTheConsentOverAndACrashBetweenLosesNothing() throws IOException {
    Consent given = give(ASKED);
    KeyPair next = KeyFiles.obtain(home.nextKey());
    for (int time = 0; time < 2; time++) {
      Consent.handOver(home, next);
      assertThat(Consent.require(home, ASKED)).isEqualTo(given);
    }
    Files.move(home.nextKey(), home.key(), StandardCopyOption.REPLACE_EXISTING);
    assertThat(Consent.require(home, ASKED)).isEqualTo(given);
  }

  /// A disk that takes no file leaves what was accepted before.
  @Test
  void aYesThatCannotBeKeptIsNone() throws IOException {
    Consent before = give(ASKED);
    Terms more =
        with(
            List.of("fr", "ja", "vi"),
            ASKED.parts(),
            new CountingFloor(20, 10, 5),
            ASKED.measure());
    Path consent = home.consent();
    byte[] whole = Files.readAllBytes(consent);
    Files.delete(consent);
    Files.createDirectories(consent.resolve("in-the-way"));
    assertThatThrownBy(() -> give(more)).isInstanceOf(DureException.class);
    Files.delete(consent.resolve("in-the-way"));
    Files.delete(consent);
    Files.write(consent, whole);
    assertThat(Consent.require(home, ASKED)).isEqualTo(before);
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".part"));
    }
    assertCode(() -> Consent.require(home, more), ErrorCode.CONSENT_MISSING, "vi");
  }
}
