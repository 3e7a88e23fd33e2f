package org.dure.app.home;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.dure.core.privacy.CountingFloor;
import org.dure.core.privacy.SensitiveText;
import org.dure.federation.region.ExportPolicy;

/// What a site lets leave, whatever a study asks for: the site's own file, `policy.toml`.
///
/// ```toml
/// exports.kinds = ["hello", "activity", "contribution", "scores", "counts", "weights-body",
///                  "weights-words"]
/// exports.bytes-per-round = 4294967296
/// counts.at-least-occurrences = 10
/// counts.at-least-documents = 5
/// counts.most-characters = 6
/// weights.at-least-tokens = 100
/// scores.at-least-documents = 5
/// sensitive.patterns = []
/// privacy.epsilon = 8.0
/// privacy.delta = 0.000001
/// privacy.required = false
/// privacy.ledger = ""
/// ```
///
/// Every key has a default, the one above. All problems of a file are reported at once.
///
/// @param kinds that may leave, out of [#KINDS]
/// @param bytesPerRound most bytes of one round of one study, but hellos and activity
/// @param counts how common a chunk must be before its count leaves
/// @param leastTokens of the text behind each delta: what is made of less is close to the text
/// @param leastDocuments behind each score
/// @param sensitive what is never counted
/// @param privacy how much may be told of a document
/// @param toml every setting with the value that holds
public record SitePolicy(
    Set<String> kinds,
    long bytesPerRound,
    CountingFloor counts,
    long leastTokens,
    int leastDocuments,
    SensitiveText sensitive,
    PrivacyPolicy privacy,
    String toml) {
  public static final String COUNTS = "counts";
  public static final String WEIGHTS_BODY = "weights-body";
  public static final String WEIGHTS_WORDS = "weights-words";
  public static final String SCORES = "scores";

  /// Every kind of export there is.
  public static final List<String> KINDS =
      List.of("hello", "activity", "contribution", SCORES, COUNTS, WEIGHTS_BODY, WEIGHTS_WORDS);

  /// Messages of a round: `contribution` in policy and terms.
  private static final List<String> MESSAGES =
      List.of(
          "contribution", "spending", "keys", "shares", "confirmation", "revelation", "withdrawal");

  /// What the keys of [#counts] are called here.
  private static final List<String> COUNT_KEYS =
      List.of("counts.at-least-occurrences", "counts.at-least-documents", "counts.most-characters");

  /// What they are called in a study.
  static final List<String> STUDY_COUNT_KEYS =
      List.of(
          "tokenizer.count-threshold", "tokenizer.count-documents", "tokenizer.count-characters");

  public SitePolicy {
    kinds = Set.copyOf(kinds);
  }

  /// What holds where the site has no file.
  public static SitePolicy standard() {
    return parse("the standard policy", "");
  }

  /// What holds in a region's home: the usual one only where there is certainly no file, not where
  /// a link leads nowhere or a folder may not be looked into, and where nothing was accepted under
  /// another.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] and every problem of its file, or
  ///     as it cannot be read; with [ErrorCode#INPUT_MISSING] if it was there and is gone
  public static SitePolicy of(RegionLayout region) {
    if (!Files.notExists(region.policy(), LinkOption.NOFOLLOW_LINKS)) {
      return read(region.policy());
    }
    SitePolicy usual = standard();
    String accepted = Consent.of(region).map(Consent::policy).orElse(usual.digest());
    if (!accepted.equals(usual.digest())) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          ("%s is gone, and what was accepted here was accepted under it (%s): put it back; if the"
                  + " usual policy shall hold from now on, make an empty file there")
              .formatted(region.policy(), accepted));
    }
    return usual;
  }

  public static SitePolicy read(Path file) {
    return of(Settings.of(file));
  }

  /// @param source how problems name the text's origin
  public static SitePolicy parse(String source, String toml) {
    return of(Settings.parse(source, toml));
  }

  private static SitePolicy of(Settings settings) {
    List<String> kinds = settings.strings("exports.kinds", KINDS);
    for (String kind : kinds) {
      if (!KINDS.contains(kind)) {
        String nearest = Settings.nearest(kind, KINDS);
        settings.problem(
            "exports.kinds has \"%s\": expected some of %s%s"
                .formatted(
                    kind,
                    String.join(", ", KINDS),
                    nearest == null ? "" : " (did you mean %s?)".formatted(nearest)));
      }
    }
    long bytes = settings.wholeNumber("exports.bytes-per-round", 4L << 30, 0, Long.MAX_VALUE);
    CountingFloor least = CountingFloor.standard();
    CountingFloor counts =
        new CountingFloor(
            settings.wholeNumber(COUNT_KEYS.get(0), least.occurrences(), 1, 1 << 30),
            settings.integer(COUNT_KEYS.get(1), least.documents(), 1, 1 << 30),
            settings.integer(
                COUNT_KEYS.get(2), least.characters(), 1, CountingFloor.MOST_CHARACTERS));
    long tokens = settings.wholeNumber("weights.at-least-tokens", 100, 0, 1L << 50);
    int documents = settings.integer("scores.at-least-documents", 5, 0, 1 << 30);
    SensitiveText sensitive = SensitiveText.of(settings, "sensitive.patterns");
    PrivacyPolicy privacy = PrivacyPolicy.of(settings);
    settings.finish();
    return new SitePolicy(
        Set.copyOf(kinds), bytes, counts, tokens, documents, sensitive, privacy, settings.toToml());
  }

  /// Puts this policy into a region's home, every default spelt out.
  public void keep(RegionLayout region) {
    AtomicFiles.write(region.policy(), toml);
  }

  /// SHA-256 over the sorted lines of [#toml]: of what it says, not of how its file is laid out.
  public String digest() {
    String[] lines = toml.lines().toArray(String[]::new);
    Arrays.sort(lines);
    return Sha256.of(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
  }

  /// What leaves of the weights.
  private static List<String> weights(Sharing sharing) {
    return switch (sharing) {
      case BODY -> List.of(WEIGHTS_BODY);
      case ALL -> List.of(WEIGHTS_BODY, WEIGHTS_WORDS);
    };
  }

  /// This policy as the region's door applies it, within what was accepted.
  public ExportPolicy exports(Sharing sharing, Terms accepted) {
    Map<String, String> allowed = new LinkedHashMap<>();
    for (String kind : List.of("hello", "activity", SCORES)) {
      allow(allowed, accepted, kind, List.of(kind));
    }
    for (String kind : MESSAGES) {
      allow(allowed, accepted, kind, List.of("contribution"));
    }
    allow(allowed, accepted, "preparation", List.of(COUNTS));
    allow(allowed, accepted, "delta", weights(sharing));
    return new ExportPolicy(allowed, bytesPerRound, digest());
  }

  /// How much of each kind at the door was accepted in all; a kind that goes by time is not there.
  public static Map<String, ExportPolicy.Bound> bounds(Sharing sharing, Terms accepted) {
    Map<String, ExportPolicy.Bound> bounds = new LinkedHashMap<>();
    for (String kind : MESSAGES) {
      bound(bounds, accepted, kind, List.of("contribution"));
    }
    bound(bounds, accepted, SCORES, List.of(SCORES));
    bound(bounds, accepted, "preparation", List.of(COUNTS));
    bound(bounds, accepted, "delta", weights(sharing));
    return bounds;
  }

  private static void bound(
      Map<String, ExportPolicy.Bound> bounds, Terms accepted, String kind, List<String> names) {
    List<Terms.Part> parts =
        accepted.parts().stream().filter(part -> names.contains(part.kind())).toList();
    long bytes = parts.stream().mapToLong(Terms.Part::bytes).sum();
    long times = parts.stream().mapToLong(Terms.Part::times).min().orElse(0);
    if (times > 0) {
      bounds.put(kind, new ExportPolicy.Bound(String.join(", ", names), Math.max(1, bytes), times));
    }
  }

  private void allow(
      Map<String, String> allowed, Terms accepted, String message, List<String> needed) {
    if (kinds.containsAll(needed) && accepted.kinds().containsAll(needed)) {
      allowed.put(message, String.join(", ", needed));
    }
  }

  /// Refuses a study that wants what this policy does not let leave.
  ///
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED] naming all of it
  public void check(Terms terms) {
    List<String> refused = refuses(terms);
    if (!refused.isEmpty()) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          ("study %s is below the floor of this site's policy:%n  - %s%nask for another study, or take"
                  + " no part; if the institution wants it so, loosen policy.toml in the region's home")
              .formatted(
                  Printable.line(terms.study()), String.join("%n  - ".formatted(), refused)));
    }
  }

  private List<String> refuses(Terms terms) {
    List<String> refused = new ArrayList<>();
    privacy.refuses(terms.protection()).ifPresent(refused::add);
    for (String kind : terms.kinds()) {
      if (!kinds.contains(kind)) {
        refused.add("it takes out %s: exports.kinds has it not".formatted(kind));
      }
    }
    if (terms.counting() != null) {
      refused.addAll(terms.counting().below(counts, STUDY_COUNT_KEYS));
    }
    if (terms.bytesPerRound() > bytesPerRound) {
      refused.add(
          "it takes out up to %d bytes a round: exports.bytes-per-round is %d"
              .formatted(terms.bytesPerRound(), bytesPerRound));
    }
    Terms.Measure measure = terms.measure();
    if (measure.usesText() && measure.tokens() < leastTokens) {
      refused.add(
          "a round's weights are made of %d tokens: weights.at-least-tokens is %d"
              .formatted(measure.tokens(), leastTokens));
    }
    // Where documents are protected no score leaves.
    if (measure.usesText() && terms.protection().noise() == null) {
      few(refused, "round", measure.roundDocuments());
      few(refused, "final", measure.finalDocuments());
    }
    return refused;
  }

  private void few(List<String> refused, String what, int documents) {
    if (documents > 0 && documents < leastDocuments) {
      refused.add(
          "evaluation.%s-documents is %d: scores.at-least-documents is %d"
              .formatted(what, documents, leastDocuments));
    }
  }
}
