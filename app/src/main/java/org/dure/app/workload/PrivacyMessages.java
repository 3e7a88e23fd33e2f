package org.dure.app.workload;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.List;
import java.util.Locale;
import org.dure.core.accounting.PrivacyAccountant;
import org.dure.core.accounting.SampledGaussian;
import org.dure.core.page.MessageTexts;
import org.dure.federation.region.PrivacyBudget;

/// What a region is told of its privacy budget, in its language. Immutable.
final class PrivacyMessages {
  /// Languages in which it is told.
  static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");

  private final MessageTexts texts;
  private final DecimalFormat numbers;
  private final String study;

  private PrivacyMessages(String language, String study) {
    this.study = study;
    texts = MessageTexts.read(PrivacyMessages.class, "privacy", language);
    numbers =
        new DecimalFormat("#,##0.####", DecimalFormatSymbols.getInstance(Locale.of(language)));
  }

  /// @param code of the region's language; English where there are no texts in it
  static PrivacyMessages of(String code, String study) {
    return new PrivacyMessages(LANGUAGES.contains(code) ? code : "en", study);
  }

  /// Before the first round: what the study would cost.
  ///
  /// @param spent so far, in all studies
  String begins(
      SampledGaussian step,
      WorkloadConfig config,
      PrivacyBudget.Limit limit,
      List<SampledGaussian> spent) {
    long steps = (long) config.study().schedule().rounds() * config.study().schedule().steps();
    List<SampledGaussian> planned = List.of(step.times(steps));
    return texts.text(
        "begins",
        "study",
        study,
        "noise",
        number(step.noiseMultiplier()),
        "rate",
        number(step.sampleRate()),
        "planned",
        number(PrivacyAccountant.epsilon(planned, limit.delta())),
        "spent",
        number(PrivacyAccountant.shown(spent, limit.delta(), limit.epsilon())),
        "epsilon",
        number(limit.epsilon()),
        "delta",
        Double.toString(limit.delta()));
  }

  /// Why a round does not begin.
  String stops(PrivacyBudget.Stop stop) {
    return texts.text(
        "stops",
        "study",
        study,
        "round",
        Integer.toString(stop.round()),
        "needed",
        number(stop.needed()),
        "spent",
        number(stop.spent()),
        "epsilon",
        number(stop.limit().epsilon()),
        "delta",
        Double.toString(stop.limit().delta()));
  }

  private String number(double value) {
    return Double.isInfinite(value) ? "∞" : numbers.format(value);
  }
}
