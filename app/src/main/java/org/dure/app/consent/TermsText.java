package org.dure.app.consent;

import java.text.NumberFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.core.Printable;
import org.dure.core.page.MessageTexts;
import org.dure.core.privacy.CountingFloor;

/// Terms as a region's people read them, in one of five languages. Immutable.
final class TermsText {
  /// Languages in which people are asked; others get English.
  static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  private final MessageTexts texts;
  private final NumberFormat numbers;

  /// @param language BCP 47 code of the region's language
  TermsText(String language) {
    String spoken = LANGUAGES.contains(language) ? language : "en";
    this.texts = MessageTexts.read(TermsText.class, "consent", spoken);
    this.numbers = NumberFormat.getIntegerInstance(Locale.of(spoken));
  }

  Set<String> keys() {
    return texts.keys();
  }

  /// What the study takes out, for whom, and how it stands to the site's policy; a line each.
  List<String> lines(Terms terms, SitePolicy policy) {
    List<String> lines = new ArrayList<>();
    lines.add(
        texts.text("title", "study", Printable.line(terms.study()), "region", terms.region()));
    for (Terms.Part part : terms.parts()) {
      lines.add("  - " + line(part));
    }
    lines.add(texts.text("learnt"));
    CountingFloor counting = terms.counting();
    if (counting != null) {
      lines.add(thresholds("counting", counting));
    }
    Terms.Measure measure = terms.measure();
    if (measure.tokens() > 0) {
      lines.add(texts.text("tokens", "count", number(measure.tokens())));
    }
    lines.add(
        terms.sharedWith().isEmpty()
            ? texts.text("alone")
            : texts.text("shared", "regions", String.join(", ", terms.sharedWith())));
    lines.add(texts.text("authority", "key", terms.authority()));
    lines.addAll(differences(terms, policy));
    lines.add(texts.text("digest", "digest", terms.digestOfTerms()));
    return lines;
  }

  private String line(Terms.Part part) {
    String kind = texts.text("kind." + part.kind());
    String bytes = number(part.bytes());
    if (part.times() == 0) {
      return texts.text("often", "kind", kind, "bytes", bytes);
    }
    if (part.times() == 1) {
      return texts.text("once", "kind", kind, "bytes", bytes);
    }
    return texts.text(
        "rounds",
        "kind",
        kind,
        "bytes",
        bytes,
        "times",
        number(part.times()),
        "total",
        number(part.total()));
  }

  private String thresholds(String key, CountingFloor floor) {
    return texts.text(
        key,
        "occurrences",
        number(floor.occurrences()),
        "documents",
        number(floor.documents()),
        "characters",
        number(floor.characters()));
  }

  /// How the study stands to what the site would let leave.
  private List<String> differences(Terms terms, SitePolicy policy) {
    List<String> lines = new ArrayList<>();
    lines.add(texts.text("policy", "digest", policy.digest()));
    CountingFloor counting = terms.counting();
    if (counting != null && !counting.equals(policy.counts())) {
      lines.add("  - " + thresholds("floor", policy.counts()));
    }
    lines.add(
        "  - "
            + texts.text(
                "limit",
                "asked",
                number(terms.bytesPerRound()),
                "allowed",
                number(policy.bytesPerRound())));
    List<String> taken = terms.parts().stream().map(Terms.Part::kind).toList();
    List<String> left =
        SitePolicy.KINDS.stream()
            .filter(kind -> policy.kinds().contains(kind) && !taken.contains(kind))
            .map(kind -> texts.text("kind." + kind))
            .toList();
    if (!left.isEmpty()) {
      lines.add("  - " + texts.text("untaken", "kinds", String.join("; ", left)));
    }
    return lines;
  }

  /// That the study has changed, within what was accepted.
  String within() {
    return texts.text("within");
  }

  /// That the site's policy is another than when the terms were accepted.
  String policyChanged() {
    return texts.text("policy-changed");
  }

  String accepted() {
    return texts.text("accepted");
  }

  String question() {
    return texts.text("question");
  }

  /// Whether an answer is a yes in this language or in English.
  boolean isYes(String answer) {
    String given = answer.strip().toLowerCase(Locale.ROOT);
    return given.equals("yes") || List.of(texts.text("yes").split(" ")).contains(given);
  }

  private String number(long value) {
    return numbers.format(value);
  }
}
