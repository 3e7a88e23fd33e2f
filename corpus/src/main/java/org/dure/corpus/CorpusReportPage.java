package org.dure.corpus;

import java.util.LinkedHashMap;
import java.util.Map;
import org.dure.core.LanguageProfile;
import org.dure.corpus.read.Quarantine;
import org.dure.corpus.read.Unread;

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
  private final CorpusMessages messages;

  private CorpusReportPage(LanguageProfile profile, CorpusReport.Figures figures) {
    this.profile = profile;
    this.figures = figures;
    this.messages = CorpusMessages.of(profile.code());
  }

  /// The report in the corpus's own language, or in English where reports do not speak it.
  static String of(LanguageProfile profile, CorpusReport.Figures figures) {
    CorpusReportPage page = new CorpusReportPage(profile, figures);
    page.write();
    return page.page.toString();
  }

  private void write() {
    String title = messages.text("title", profile.name());
    page.append(
        """
        <!DOCTYPE html>
        <html lang="%s">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        <h1>%s</h1>
        """
            .formatted(messages.language(), escape(title), STYLE, escape(title)));
    documents();
    files();
    dropped();
    quarantined();
    leftOut();
    section("licences");
    counts("licence", "documents.number", figures.licences());
    page.append("</body>\n</html>\n");
  }

  private void documents() {
    section("documents");
    table("documents.fate", "documents.number", "documents.share", "characters", "bytes");
    row(messages.text("documents.train"), figures.train());
    row(messages.text("documents.dev"), figures.dev());
    row(messages.text("documents.heldOut"), figures.heldOut());
    for (CorpusReport.Dropped rule : figures.dropped()) {
      row(messages.text("documents.dropped", messages.rule(rule.rule())), rule.amount());
    }
    documents("documents.quarantined", figures.input().quarantinedDocuments());
    documents("documents.read", figures.input().read());
    endTable();
  }

  private void documents(String key, long number) {
    cells(messages.text(key), messages.number(number), share(number), "", "");
  }

  private void row(String name, CorpusReport.Amount amount) {
    cells(
        name,
        messages.number(amount.documents()),
        share(amount.documents()),
        messages.number(amount.characters()),
        messages.number(amount.bytes()));
  }

  private void files() {
    CorpusReport.InputFiles files = figures.inputFiles();
    section("files");
    table("files.state", "files.number", "files.bytes", "files.names");
    files("files.read", figures.input().files(), files.bytes());
    files("files.quarantined", figures.input().quarantinedFiles(), files.quarantinedBytes());
    for (Unread kind : files.unread()) {
      rowHead(messages.text("files.unread", messages.kind(kind.kind())));
      number(messages.number(kind.files()));
      number(messages.number(kind.bytes()));
      page.append("<td>")
          .append(escape(String.join(", ", kind.names())))
          .append(kind.files() > kind.names().size() ? ", …" : "")
          .append("</td></tr>\n");
    }
    endTable();
  }

  private void files(String key, long number, long bytes) {
    cells(messages.text(key), messages.number(number), messages.number(bytes), "");
  }

  private void dropped() {
    section("dropped");
    if (figures.dropped().isEmpty()) {
      nothing();
    }
    for (CorpusReport.Dropped rule : figures.dropped()) {
      page.append(
          "<h3>%s: %s</h3>\n"
              .formatted(escape(messages.rule(rule.rule())), said(rule.threshold())));
      for (CorpusReport.Sample sample : rule.samples()) {
        page.append(
            "<div class=\"id\">%s: %s</div>\n<blockquote lang=\"%s\">%s</blockquote>\n"
                .formatted(
                    escape(sample.id()),
                    said(sample.value()),
                    rule.rule().startsWith("language.") ? "und" : escape(profile.code()),
                    escape(sample.text())));
      }
    }
  }

  private void quarantined() {
    section("quarantined");
    if (figures.quarantined().isEmpty()) {
      nothing();
      return;
    }
    counts("quarantined.reason", "quarantined.number", ruled(figures.quarantined()));
    table("quarantined.file", "quarantined.place", "quarantined.found", "quarantined.expected");
    for (Quarantine problem : figures.problems()) {
      page.append(
          "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td></tr>\n"
              .formatted(
                  escape(problem.file()),
                  said(problem.place()),
                  said(problem.found()),
                  said(problem.expected())));
    }
    endTable();
  }

  private void leftOut() {
    if (!figures.leftOut().isEmpty()) {
      section("leftOut");
      page.append("<p>").append(escape(messages.text("leftOut.lead"))).append("</p>\n");
      counts("leftOut.part", "characters", ruled(figures.leftOut()));
    }
  }

  private Map<String, Long> ruled(Map<String, Long> counts) {
    Map<String, Long> ruled = new LinkedHashMap<>();
    counts.forEach((rule, count) -> ruled.put(messages.rule(rule), count));
    return ruled;
  }

  private void counts(String name, String count, Map<String, Long> counts) {
    table(name, count);
    counts.forEach((key, value) -> cells(key, messages.number(value)));
    endTable();
  }

  private void section(String key) {
    page.append("<h2>").append(escape(messages.text(key))).append("</h2>\n");
  }

  private void nothing() {
    page.append("<p>").append(escape(messages.text("nothing"))).append("</p>\n");
  }

  private void table(String... columns) {
    page.append("<table>\n<thead><tr>");
    for (String column : columns) {
      page.append("<th scope=\"col\">").append(escape(messages.text(column))).append("</th>");
    }
    page.append("</tr></thead>\n<tbody>\n");
  }

  private void endTable() {
    page.append("</tbody>\n</table>\n");
  }

  private void cells(String name, String... numbers) {
    rowHead(name);
    for (String each : numbers) {
      number(each);
    }
    page.append("</tr>\n");
  }

  private void rowHead(String name) {
    page.append("<tr><th scope=\"row\">").append(escape(name)).append("</th>");
  }

  private void number(String number) {
    page.append("<td class=\"number\">").append(number).append("</td>");
  }

  private String share(long documents) {
    return figures.input().read() == 0
        ? ""
        : messages.percent((double) documents / figures.input().read());
  }

  private String said(String english) {
    return escape(messages.said(english));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
