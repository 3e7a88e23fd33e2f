package org.dure.evaluation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.page.HtmlWriter;
import org.dure.evaluation.EvaluationReport.Matrix;
import org.jspecify.annotations.Nullable;

/// A report as one HTML file in Korean, Japanese, French, Vietnamese and English.
///
/// The file needs nothing else: no font, no picture, no network. Every language is a section; links
/// switch between them by the address's fragment (`#ko`, `#ja`, `#fr`, `#vi`, `#en`), and a browser
/// that cannot do that shows all of them. A short script shows the reader's own language at
/// first and gives the page's title the language that is shown; without it everything else is the
/// same. Equal content gives equal bytes.
/// Every text that comes from outside is escaped. Not thread-safe.
///
/// ```java
/// EvaluationReportPage.of(report).lossCurves(curves).borders(bytes).samples(texts).write(file,
/// "ko");
/// ```
public final class EvaluationReportPage {
  /// Shows the reader's language at first; names page and document in the language that is shown.
  private static final String SCRIPT =
      """
      const spoken = [...document.querySelectorAll(".language")].map((part) => part.id);
      const wanted = navigator.languages.map((tag) => tag.split("-")[0]).find((code) => spoken.includes(code));
      if (location.hash === "") if (wanted) location.replace("#" + wanted);
      const show = () => {
        const part = document.getElementById(location.hash.slice(1)) ?? document.querySelector(".first");
        document.title = part.querySelector("h1").textContent;
        document.documentElement.lang = part.lang;
      };
      addEventListener("hashchange", show);
      show();
      """;

  /// What of a page's content security policy lets its script run, and no other.
  public static final String SCRIPT_SOURCE =
      "'sha256-" + Base64.getEncoder().encodeToString(sha256(SCRIPT)) + "'";

  private final EvaluationReport report;
  private final List<Section> sections = new ArrayList<>();

  /// A point of a curve.
  public record Point(double x, double y) {
    boolean isFinite() {
      return Double.isFinite(x) && Double.isFinite(y);
    }
  }

  /// Bytes that crossed a region's border.
  public record Border(String region, long sent, long received) {}

  /// What a model wrote.
  ///
  /// @param model its name
  /// @param language BCP 47 code of the text
  /// @param prompt what was given
  /// @param text what the model added
  public record Sample(String model, String language, String prompt, String text) {}

  /// What follows the evaluation, in the order in which it was added.
  private sealed interface Section {}

  private record Curves(SequencedMap<String, List<Point>> series) implements Section {}

  private record Borders(List<Border> borders) implements Section {}

  private record Timings(SequencedMap<String, Double> seconds) implements Section {}

  private record Samples(List<Sample> samples) implements Section {}

  private EvaluationReportPage(EvaluationReport report) {
    this.report = report;
  }

  public static EvaluationReportPage of(EvaluationReport report) {
    return new EvaluationReportPage(report);
  }

  /// Adds training loss (nats per token) by local step, one curve a region. Long curves are drawn
  /// with 300 means.
  public EvaluationReportPage lossCurves(SequencedMap<String, List<Point>> series) {
    SequencedMap<String, List<Point>> copy = new LinkedHashMap<>();
    series.forEach((name, points) -> copy.put(name, List.copyOf(points)));
    sections.add(new Curves(Collections.unmodifiableSequencedMap(copy)));
    return this;
  }

  /// Adds the bytes that crossed each region's border.
  public EvaluationReportPage borders(List<Border> borders) {
    sections.add(new Borders(List.copyOf(borders)));
    return this;
  }

  /// Adds how long each stage took.
  ///
  /// @param seconds by stage; the verbs of `dure` and `twin`, `belt` and `total` are translated,
  ///     other names shown as they are
  public EvaluationReportPage timings(SequencedMap<String, Double> seconds) {
    sections.add(new Timings(Collections.unmodifiableSequencedMap(new LinkedHashMap<>(seconds))));
    return this;
  }

  /// Adds texts that models wrote.
  public EvaluationReportPage samples(List<Sample> samples) {
    sections.add(new Samples(List.copyOf(samples)));
    return this;
  }

  /// Writes the page.
  ///
  /// @param first language that is shown to a reader whose browser asks for none of those that the
  ///     page speaks, one of `ko`, `ja`, `fr`, `vi`, `en`
  public void write(Path file, String first) {
    AtomicFiles.write(file, html(first));
  }

  /// The page.
  ///
  /// @param first language that is shown at first, one of `ko`, `ja`, `fr`, `vi`, `en`
  /// @throws DureException with [ErrorCode#LANGUAGE_UNKNOWN] for another one
  public String html(String first) {
    if (!ReportMessages.LANGUAGES.contains(first)) {
      throw new DureException(
          ErrorCode.LANGUAGE_UNKNOWN,
          "a report cannot begin in \"%s\": it speaks %s"
              .formatted(first, String.join(", ", ReportMessages.LANGUAGES)));
    }
    ReportMessages firstWords = ReportMessages.in(first);
    HtmlWriter html = new HtmlWriter();
    html.open("html", "lang", first).open("head");
    html.empty("meta", "charset", "utf-8");
    html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.empty(
        "meta",
        "http-equiv",
        "Content-Security-Policy",
        "content",
        "default-src 'none'; style-src 'unsafe-inline'; script-src " + SCRIPT_SOURCE);
    html.element("title", firstWords.text("title", report.study()));
    html.style(css()).close();
    html.open("body").open("nav", "aria-label", firstWords.text("languages")).open("ul");
    for (String language : ReportMessages.LANGUAGES) {
      html.open("li");
      html.element(
          "a",
          ReportMessages.ownName(language),
          "href",
          "#" + language,
          "lang",
          language,
          "hreflang",
          language);
      html.close();
    }
    html.close().close().open("main");
    for (String language : ReportMessages.LANGUAGES) {
      html.open(
          "section",
          "class",
          language.equals(first) ? "language first" : "language",
          "id",
          language,
          "lang",
          language);
      new InOneLanguage(html, ReportMessages.in(language)).write();
      html.close();
    }
    html.close().script(SCRIPT);
    return "<!DOCTYPE html>\n" + html.close().close().end();
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String css() {
    try (InputStream in = EvaluationReportPage.class.getResourceAsStream("report.css")) {
      if (in == null) {
        throw new DureException(ErrorCode.INTERNAL, "report.css is not in the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot read report.css", e);
    }
  }

  /// The whole report in one language.
  private final class InOneLanguage {
    private final HtmlWriter html;
    private final ReportMessages words;
    private final Charts charts;

    InOneLanguage(HtmlWriter html, ReportMessages words) {
      this.html = html;
      this.words = words;
      this.charts = new Charts(html, words);
    }

    void write() {
      html.element("h1", words.text("title", report.study()));
      if (!report.languages().isEmpty()) {
        html.element("p", ResultSentence.of(words, report), "class", "result");
        DifferenceChart.write(
            html,
            words.language(),
            words.byName(report.languages()),
            words.language() + "-difference");
      }
      html.element("p", words.text("made", words.time(report.created())), "class", "note");
      if (!report.languages().isEmpty()) {
        evaluation();
      }
      if (report.matrix() != null) {
        matrix(report.matrix());
      }
      for (Section section : sections) {
        switch (section) {
          case Curves(SequencedMap<String, List<Point>> series) -> {
            html.element("h2", words.text("loss"));
            charts.lines(series);
          }
          case Borders(List<Border> borders) -> borders(borders);
          case Timings(SequencedMap<String, Double> seconds) -> timings(seconds);
          case Samples(List<Sample> samples) -> samples(samples);
        }
      }
      conditions();
    }

    private void evaluation() {
      html.element("h2", words.text("evaluation"));
      html.element("p", words.text("evaluation.lead"));
      openTable("evaluation.caption");
      boolean chosen = report.languages().stream().anyMatch(one -> one.released() != null);
      List<String> numbers = new ArrayList<>(List.of("start", "belt"));
      if (chosen) {
        numbers.add("released");
      }
      numbers.addAll(List.of("twin", "difference"));
      head("language", numbers, List.of("verdict", "text"));
      html.open("tbody");
      boolean few = false;
      for (Comparison comparison : report.languages()) {
        few |= isTooShort(comparison);
        row(comparison, chosen);
      }
      html.close();
      closeTable();
      if (few) {
        long least = Comparison.LEAST_PAGES;
        String text = words.counted("evaluation.few", least, words.integer(least));
        html.element("p", text, "class", "note");
      }
      html.element("p", words.text("evaluation.note"), "class", "note");
      if (chosen) {
        html.element("p", words.text("released.note"), "class", "note");
      }
    }

    private static boolean isTooShort(Comparison comparison) {
      return comparison.difference() != null && comparison.pages() < Comparison.LEAST_PAGES;
    }

    /// @param chosen whether there is a column of what was released
    private void row(Comparison comparison, boolean chosen) {
      html.open("tr");
      html.open("th", "scope", "row");
      languageName(comparison.language());
      String region = comparison.region();
      if (region != null && !region.equals(comparison.language())) {
        html.element("small", region);
      }
      html.close();
      measured(comparison.start());
      measured(comparison.belt());
      if (chosen) {
        Released released = comparison.released();
        measured(released == null ? comparison.belt() : released.value());
      }
      measured(comparison.twin());
      Interval difference = comparison.outcome();
      if (difference == null) {
        measured(null);
      } else {
        number(words.signed(difference.value()), words.signedInterval(difference));
      }
      String verdict = words.text("verdict." + comparison.outcomeVerdict());
      html.element(
          "td",
          isTooShort(comparison) ? verdict + " *" : verdict,
          "class",
          comparison.outcomeVerdict().toString());
      html.element("td", heldOut(comparison)).close();
    }

    /// Which documents: all, a sample, or unknown.
    private String heldOut(Comparison comparison) {
      String documents = words.integer(comparison.documents());
      String bytes = words.bytes(comparison.bytes());
      Long available = comparison.heldOutDocuments();
      if (available == null) {
        return words.counted("text.value", comparison.documents(), documents, bytes);
      }
      return available == comparison.documents()
          ? words.counted("text.all", comparison.documents(), documents, bytes)
          : words.counted(
              "text.sample", comparison.documents(), documents, bytes, words.integer(available));
    }

    private void matrix(Matrix matrix) {
      html.element("h2", words.text("matrix"));
      openTable("matrix.caption");
      html.open("thead").open("tr");
      html.element("th", words.text("model"), "scope", "col");
      for (String language : matrix.languages()) {
        html.open("th", "scope", "col", "class", "number");
        languageName(language);
        html.close();
      }
      html.close().close().open("tbody");
      for (int m = 0; m < matrix.models().size(); m++) {
        html.open("tr").element("th", matrix.models().get(m), "scope", "row");
        for (@Nullable Interval cell : matrix.cells().get(m)) {
          measured(cell);
        }
        html.close();
      }
      html.close();
      closeTable();
    }

    private void borders(List<Border> borders) {
      html.element("h2", words.text("borders"));
      openTable("borders.caption");
      head("region", List.of("sent", "received"), List.of());
      html.open("tbody");
      for (Border border : borders) {
        html.open("tr").element("th", border.region(), "scope", "row");
        number(words.bytes(border.sent()), words.exactBytes(border.sent()));
        number(words.bytes(border.received()), words.exactBytes(border.received()));
        html.close();
      }
      html.close();
      closeTable();
    }

    private void timings(SequencedMap<String, Double> seconds) {
      html.element("h2", words.text("timings"));
      openTable("timings.caption");
      head("stage", List.of("duration"), List.of());
      html.open("tbody");
      for (Map.Entry<String, Double> stage : seconds.entrySet()) {
        html.open("tr").element("th", words.known("stage.", stage.getKey()), "scope", "row");
        html.element("td", words.duration(stage.getValue()), "class", "number").close();
      }
      html.close();
      closeTable();
    }

    private void samples(List<Sample> samples) {
      html.element("h2", words.text("samples"));
      html.element("p", words.text("samples.lead"));
      for (Sample sample : samples) {
        html.open("figure");
        html.open("figcaption").text(sample.model() + " · ");
        languageName(sample.language());
        html.close();
        html.open("blockquote", "lang", sample.language(), "dir", "auto");
        html.element("strong", sample.prompt()).text(sample.text());
        html.close().close();
      }
    }

    private void conditions() {
      if (report.conditions().isEmpty()) {
        return;
      }
      html.element("h2", words.text("conditions")).open("dl");
      report
          .conditions()
          .forEach(
              (name, value) -> {
                html.element("dt", words.known("condition.", name));
                html.element("dd", name.equals("sharing") ? words.known("sharing.", value) : value);
              });
      html.close();
    }

    /// A table that scrolls by itself where the screen is narrow, by keyboard too.
    private void openTable(String caption) {
      html.open(
          "div",
          "class",
          "wide",
          "role",
          "region",
          "tabindex",
          "0",
          "aria-label",
          words.text(caption));
      html.open("table").element("caption", words.text(caption));
    }

    private void closeTable() {
      html.close().close();
    }

    private void head(String first, List<String> numbers, List<String> others) {
      html.open("thead").open("tr").element("th", words.text(first), "scope", "col");
      numbers.forEach(
          key -> html.element("th", words.text(key), "scope", "col", "class", "number"));
      others.forEach(key -> html.element("th", words.text(key), "scope", "col"));
      html.close().close();
    }

    /// A language's name in this language, then its name for itself, marked as such.
    private void languageName(String code) {
      String name = words.languageName(code);
      String ownName = ReportMessages.ownName(code);
      html.text(name);
      if (!name.equals(ownName)) {
        html.element("small", ownName, "lang", code);
      }
    }

    private void measured(@Nullable Interval interval) {
      if (interval == null) {
        html.element("td", words.text("none"), "class", "number");
      } else {
        number(words.decimal(interval.value()), words.interval(interval));
      }
    }

    private void number(String value, String below) {
      html.open("td", "class", "number").text(value).element("small", below).close();
    }
  }
}
