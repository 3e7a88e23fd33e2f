package org.dure.corpus;

import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.dure.core.HtmlWriter;
import org.dure.core.LanguageProfile;
import org.dure.core.MessageTexts;
import org.dure.corpus.read.Quarantine;

/// The corpus report as one self-contained HTML page for people, in the language of the corpus
/// where it is one of the user interface's, else in English.
final class CorpusReportPage {
  private static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");
  private static final String LEAST = "at least ";
  private static final String MOST = "at most ";
  private static final String STYLE =
      """
      :root { color-scheme: light dark }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; \
      padding: 0 1rem; overflow-wrap: anywhere }
      :lang(ko) { word-break: keep-all }
      .kept { font-size: 1.15rem; font-weight: 600 }
      table { border-collapse: collapse; margin: .5rem 0 1.5rem; display: block; overflow-x: auto }
      th, td { text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #8886; \
      vertical-align: top }
      td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
      blockquote { margin: .2rem 0 .6rem; padding-left: .8rem; border-left: 3px solid #8888 }
      .id { font-size: .85em; opacity: .75 }
      """;

  private final HtmlWriter html = new HtmlWriter();
  private final LanguageProfile profile;
  private final CorpusReport.Figures figures;
  private final MessageTexts words;
  private final NumberFormat number;

  private CorpusReportPage(LanguageProfile profile, CorpusReport.Figures figures) {
    this.profile = profile;
    this.figures = figures;
    String language = LANGUAGES.contains(profile.code()) ? profile.code() : "en";
    this.words = MessageTexts.read(CorpusReportPage.class, "corpus", language);
    this.number = NumberFormat.getIntegerInstance(Locale.forLanguageTag(language));
  }

  static String of(LanguageProfile profile, CorpusReport.Figures figures) {
    return new CorpusReportPage(profile, figures).page();
  }

  private String page() {
    html.open("html", "lang", words.language()).open("head");
    html.empty("meta", "charset", "utf-8");
    html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.element("title", words.text("title", "language", profile.name()));
    html.style(STYLE).close().open("body");
    html.open("h1").text(words.text("title", "language", ""));
    html.element("span", profile.name(), "lang", profile.code()).close();
    overview();
    dropped();
    quarantined();
    html.element("h2", words.text("licences.title"));
    counts("licence", "documents", figures.licences(), UnaryOperator.identity());
    return "<!DOCTYPE html>\n" + html.close().close().end();
  }

  private void overview() {
    long read = figures.input().read();
    long kept = figures.train().documents() + figures.heldOut().documents();
    html.element(
        "p",
        words.counted("kept", kept, "kept", number.format(kept), "read", number.format(read)),
        "class",
        "kept");
    html.element(
        "p",
        words.text(
            "files",
            "files",
            number.format(figures.input().files()),
            "ignored",
            number.format(figures.input().ignoredFiles())));
    head("became", "documents", "share", "characters", "bytes");
    row(words.text("train"), figures.train());
    row(words.text("held-out"), figures.heldOut());
    for (CorpusReport.Dropped rule : figures.dropped()) {
      row(words.text("dropped", "rule", rule(rule.rule())), rule.amount());
    }
    long unread = figures.input().quarantinedDocuments();
    if (unread > 0) {
      numbers(words.text("quarantined"), number.format(unread), share(unread), "", "");
    }
    closeTable();
  }

  private void row(String name, CorpusReport.Amount amount) {
    numbers(
        name,
        number.format(amount.documents()),
        share(amount.documents()),
        number.format(amount.characters()),
        number.format(amount.bytes()));
  }

  private void numbers(String name, String... numbers) {
    html.open("tr").element("th", name, "scope", "row");
    for (String one : numbers) {
      html.element("td", one, "class", "number");
    }
    html.close();
  }

  private void dropped() {
    html.element("h2", words.text("dropped.title"));
    if (figures.dropped().isEmpty()) {
      html.element("p", words.text("nothing"));
    }
    for (CorpusReport.Dropped rule : figures.dropped()) {
      html.open("h3").text(rule(rule.rule()) + " (").element("code", rule.rule());
      html.text("): " + threshold(rule.threshold())).close();
      for (CorpusReport.Sample sample : rule.samples()) {
        html.element("div", sample.id() + ": " + sample.value(), "class", "id");
        boolean foreign = rule.rule().startsWith("language.");
        html.element("blockquote", sample.text(), "lang", foreign ? "und" : profile.code());
      }
    }
  }

  private void quarantined() {
    html.element("h2", words.text("quarantined.title"));
    if (figures.quarantined().isEmpty()) {
      html.element("p", words.text("nothing"));
      return;
    }
    counts("reason", "count", figures.quarantined(), this::rule);
    head("file", "where", "found", "expected");
    for (Quarantine problem : figures.problems()) {
      html.open("tr").element("th", problem.file(), "scope", "row");
      html.element("td", problem.place()).element("td", problem.found());
      html.element("td", problem.expected()).close();
    }
    closeTable();
  }

  private void counts(
      String name, String count, Map<String, Long> counts, UnaryOperator<String> called) {
    head(name, count);
    counts.forEach((key, value) -> numbers(called.apply(key), number.format(value)));
    closeTable();
  }

  private void head(String... keys) {
    html.open("table").open("thead").open("tr");
    for (String key : keys) {
      html.element("th", words.text(key), "scope", "col");
    }
    html.close().close().open("tbody");
  }

  private void closeTable() {
    html.close().close();
  }

  /// A rule in words; its name where there are none.
  private String rule(String rule) {
    return words.find("rule." + rule).orElse(rule);
  }

  private String threshold(String threshold) {
    if (threshold.startsWith(LEAST)) {
      return words.text("least", "value", threshold.substring(LEAST.length()));
    }
    return threshold.startsWith(MOST)
        ? words.text("most", "value", threshold.substring(MOST.length()))
        : threshold;
  }

  private String share(long documents) {
    if (figures.input().read() == 0) {
      return "";
    }
    NumberFormat percent = NumberFormat.getPercentInstance(Locale.forLanguageTag(words.language()));
    percent.setMinimumFractionDigits(1);
    percent.setMaximumFractionDigits(1);
    return percent.format((double) documents / figures.input().read());
  }
}
