package org.dure.corpus;

import java.util.Locale;
import java.util.Map;
import org.dure.core.LanguageProfile;
import org.dure.corpus.read.Quarantine;

/// The corpus report as one self-contained HTML page for people.
final class CorpusReportPage {
  private static final String STYLE =
      """
      :root { color-scheme: light dark }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; \
      padding: 0 1rem }
      table { border-collapse: collapse; margin: .5rem 0 1.5rem; display: block; overflow-x: auto }
      th, td { text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #8886; \
      vertical-align: top }
      td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
      blockquote { margin: .2rem 0 .6rem; padding-left: .8rem; border-left: 3px solid #8888; \
      overflow-wrap: anywhere }
      .id { font-size: .85em; opacity: .75; overflow-wrap: anywhere }
      """;

  private final StringBuilder page = new StringBuilder();
  private final LanguageProfile profile;
  private final CorpusReport.Figures figures;

  private CorpusReportPage(LanguageProfile profile, CorpusReport.Figures figures) {
    this.profile = profile;
    this.figures = figures;
  }

  static String of(LanguageProfile profile, CorpusReport.Figures figures) {
    CorpusReportPage page = new CorpusReportPage(profile, figures);
    page.write();
    return page.page.toString();
  }

  private void write() {
    String title = "Corpus report: %s (%s)".formatted(profile.name(), profile.englishName());
    page.append(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        <h1>Corpus report: <span lang="%s">%s</span> (%s)</h1>
        """
            .formatted(
                escape(title),
                STYLE,
                escape(profile.code()),
                escape(profile.name()),
                escape(profile.englishName())));
    overview();
    dropped();
    quarantined();
    licences();
    page.append("</body>\n</html>\n");
  }

  private void overview() {
    page.append(
        "<p>Documents read: %s. Files read: %s. Files of other kinds, not read: %s.</p>\n"
            .formatted(
                number(figures.input().read()),
                number(figures.input().files()),
                number(figures.input().ignoredFiles())));
    page.append(
        "<table>\n<thead><tr><th scope=\"col\">What became of them</th><th scope=\"col\">Documents"
            + "</th><th scope=\"col\">Share</th><th scope=\"col\">Characters</th>"
            + "<th scope=\"col\">UTF-8 bytes</th></tr></thead>\n<tbody>\n");
    row("For training", figures.train());
    row("Held out for measuring", figures.heldOut());
    for (CorpusReport.Dropped rule : figures.dropped()) {
      row("Dropped: " + rule.rule(), rule.amount());
    }
    if (figures.input().quarantinedDocuments() > 0) {
      cells(
          "Quarantined",
          number(figures.input().quarantinedDocuments()),
          share(figures.input().quarantinedDocuments()),
          "",
          "");
    }
    page.append("</tbody>\n</table>\n");
  }

  private void row(String name, CorpusReport.Amount amount) {
    cells(
        name,
        number(amount.documents()),
        share(amount.documents()),
        number(amount.characters()),
        number(amount.bytes()));
  }

  private void cells(String name, String... numbers) {
    page.append("<tr><th scope=\"row\">").append(escape(name)).append("</th>");
    for (String number : numbers) {
      page.append("<td class=\"number\">").append(number).append("</td>");
    }
    page.append("</tr>\n");
  }

  private void dropped() {
    if (figures.dropped().isEmpty()) {
      page.append("<h2>Dropped</h2>\n<p>Nothing.</p>\n");
      return;
    }
    page.append("<h2>Dropped: the first few of each rule</h2>\n");
    for (CorpusReport.Dropped rule : figures.dropped()) {
      page.append(
          "<h3><code>%s</code>: %s</h3>\n"
              .formatted(escape(rule.rule()), escape(rule.threshold())));
      for (CorpusReport.Sample sample : rule.samples()) {
        page.append(
            "<div class=\"id\">%s: %s</div>\n<blockquote lang=\"%s\">%s</blockquote>\n"
                .formatted(
                    escape(sample.id()),
                    escape(sample.value()),
                    rule.rule().startsWith("language.") ? "und" : escape(profile.code()),
                    escape(sample.text())));
      }
    }
  }

  private void quarantined() {
    page.append("<h2>Quarantined: could not be read</h2>\n");
    if (figures.quarantined().isEmpty()) {
      page.append("<p>Nothing.</p>\n");
      return;
    }
    counts("Reason", "Files and documents", figures.quarantined());
    page.append(
        "<table>\n<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Where</th>"
            + "<th scope=\"col\">Found</th><th scope=\"col\">Expected</th></tr></thead>\n<tbody>\n");
    for (Quarantine problem : figures.problems()) {
      page.append(
          "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td></tr>\n"
              .formatted(
                  escape(problem.file()),
                  escape(problem.place()),
                  escape(problem.found()),
                  escape(problem.expected())));
    }
    page.append("</tbody>\n</table>\n");
  }

  private void licences() {
    page.append("<h2>Licences of the documents that were kept</h2>\n");
    counts("Licence", "Documents", figures.licences());
  }

  private void counts(String name, String count, Map<String, Long> counts) {
    page.append(
        "<table>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n"
            .formatted(name, count));
    counts.forEach((key, value) -> cells(key, number(value)));
    page.append("</tbody>\n</table>\n");
  }

  private String share(long documents) {
    return figures.input().read() == 0
        ? ""
        : String.format(Locale.ROOT, "%.1f %%", 100.0 * documents / figures.input().read());
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
