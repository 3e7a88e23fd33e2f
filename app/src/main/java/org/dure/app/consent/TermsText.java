package org.dure.app.consent;

import java.math.BigDecimal;
import java.math.MathContext;
import java.text.NumberFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.core.Printable;
import org.dure.core.accounting.PrivacyAccountant;
import org.dure.core.page.MessageTexts;
import org.dure.core.privacy.CountingFloor;
import org.dure.federation.protocol.Study;
import org.dure.federation.region.PrivacyBudget;
import org.jspecify.annotations.Nullable;

/// Terms as a region's people read them, in one of five languages. Immutable.
final class TermsText {
  /// Languages in which people are asked; others get English.
  static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  /// Behind the point: enough for the smallest delta that a policy can have.
  private static final int MOST_DIGITS = 16;

  private final MessageTexts texts;
  private final NumberFormat numbers;
  private final NumberFormat decimals;

  /// @param language BCP 47 code of the region's language
  TermsText(String language) {
    String spoken = LANGUAGES.contains(language) ? language : "en";
    this.texts = MessageTexts.read(TermsText.class, "consent", spoken);
    this.numbers = NumberFormat.getIntegerInstance(Locale.of(spoken));
    this.decimals = NumberFormat.getNumberInstance(Locale.of(spoken));
    decimals.setMaximumFractionDigits(MOST_DIGITS);
  }

  Set<String> keys() {
    return texts.keys();
  }

  /// What the study takes out, for whom, and how it stands to the site's policy; a line each.
  List<String> lines(Terms terms, SitePolicy policy) {
    List<String> lines = new ArrayList<>();
    lines.add(
        texts.text("title", "study", Printable.line(terms.study()), "region", terms.region()));
    boolean isProtected = terms.protection().noise() != null;
    Terms.Measure measure = terms.measure();
    String variant = isProtected ? ".protected" : measure.usesText() ? "" : ".rehearsal";
    for (Terms.Part part : terms.parts()) {
      lines.add("  - " + line(part, variant));
    }
    lines.add(texts.text(measure.usesText() ? "learnt" : "unread"));
    CountingFloor counting = terms.counting();
    if (counting != null) {
      lines.add(thresholds("counting", counting));
    }
    if (measure.usesText()) {
      lines.add(texts.text("tokens", "count", number(measure.tokens())));
      if (!isProtected) {
        lines.add(
            texts.text(
                "measured",
                "round",
                documents(measure.roundDocuments(), "none"),
                "final",
                documents(measure.finalDocuments(), "all")));
      }
      lines.add(protection(terms.protection().noise(), policy.privacy().limit()));
    }
    lines.add(deltas(terms.protection()));
    lines.add(
        terms.sharedWith().isEmpty()
            ? texts.text("alone")
            : texts.text("shared", "regions", String.join(", ", terms.sharedWith())));
    for (Terms.Circle circle : terms.circles()) {
      String key = circle.regions().size() == 1 ? "pair" : "circle";
      lines.add(
          texts.text(
              circle.round() == 0 ? "words" : key,
              "round",
              number(circle.round()),
              "regions",
              String.join(", ", circle.regions())));
    }
    lines.add(texts.text("authority", "key", terms.subject().authority()));
    lines.addAll(differences(terms, policy));
    lines.add(texts.text("digest", "digest", terms.digestOfTerms()));
    return lines;
  }

  /// Where documents are protected, what is measured on them stays at home; where there are none,
  /// nothing is measured on them.
  ///
  /// @param variant end of the key of a text for such a study, or empty
  private String line(Terms.Part part, String variant) {
    String named = "kind." + part.kind();
    String kind = texts.text(texts.keys().contains(named + variant) ? named + variant : named);
    String bytes = number(part.bytes());
    if (part.kind().equals("activity")) {
      return texts.text("beats", "kind", kind, "bytes", bytes);
    }
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

  /// @param zero text for what 0 stands for
  private String documents(int count, String zero) {
    return count == 0 ? texts.text(zero) : number(count);
  }

  /// Whether documents are protected, and what that comes to.
  private String protection(Terms.@Nullable Noise noise, PrivacyBudget.Limit limit) {
    if (noise == null) {
      return texts.text("unprotected");
    }
    double epsilon = PrivacyAccountant.epsilon(List.of(noise.mechanism()), limit.delta());
    String protection =
        texts.text(
            "protected",
            "noise",
            decimal(noise.multiplier()),
            "clip",
            decimal(noise.clip()),
            "rate",
            decimal(noise.sampleRate()),
            "steps",
            number(noise.steps()),
            "epsilon",
            decimal(epsilon),
            "delta",
            decimal(limit.delta()),
            "allowed",
            decimal(limit.epsilon()));
    return epsilon > limit.epsilon() ? protection + " " + texts.text("exceeded") : protection;
  }

  /// Who sees a region's own delta.
  private String deltas(Terms.Protection protection) {
    String contributors = number(protection.contributors());
    String least = number(protection.leastInMerge());
    return protection.secretSum() > 0
        ? texts.text(
            "secret",
            "count",
            number(Study.leastInSecretSum(protection.secretSum())),
            "contributors",
            contributors,
            "least",
            least)
        : texts.text("inspectable", "contributors", contributors, "least", least);
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

  /// A text without placeholders.
  String of(String key, String... values) {
    return texts.text(key, values);
  }

  /// That the study has changed, within what was accepted.
  String within() {
    return texts.text("within");
  }

  /// That the site's policy is another than when the terms were accepted.
  String policyChanged() {
    return texts.text("policy-changed");
  }

  /// That the home has been of another study.
  String another(String before) {
    return texts.text("another", "before", Printable.line(before));
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

  /// With four digits that count, however small it is.
  private String decimal(double value) {
    return Double.isInfinite(value)
        ? "∞"
        : decimals.format(BigDecimal.valueOf(value).round(new MathContext(4)));
  }
}
