package org.dure.console;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.dure.console.ConsoleExtras.Verification;
import org.dure.core.DureException;
import org.dure.core.Printable;
import org.dure.core.page.HtmlWriter;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.Interval;

/// The study's releases: what each is, how good, and what can be done with it; its files with their
/// digests are folded below.
final class ReleasePage {
  private static final String EVALUATION = "evaluation.json";
  private static final int DIGITS = 3;

  private final HtmlWriter html;
  private final View view;
  private final ConsoleExtras.Release release;
  private final Optional<URI> chat;

  private ReleasePage(
      HtmlWriter html, View view, ConsoleExtras.Release release, Optional<URI> chat) {
    this.html = html;
    this.view = view;
    this.release = release;
    this.chat = chat;
  }

  /// @param chat where the releases answer, if they do
  static void write(
      HtmlWriter html,
      View view,
      List<ConsoleExtras.Release> releases,
      Optional<URI> chat,
      Digests digests) {
    html.element("h1", view.text("release.title"));
    html.element("p", view.text("release.intro"), "class", "lead");
    if (releases.isEmpty()) {
      html.element("p", view.text("release.none"), "class", "empty");
      return;
    }
    html.open("div", "class", "cards releases");
    for (int i = 0; i < releases.size(); i++) {
      new ReleasePage(html, view, releases.get(i), chat).card(digests, "release-" + i);
    }
    html.close();
  }

  /// Where a release can be fetched as one file.
  static String download(String name) {
    return "/release/" + encoded(name) + "/download";
  }

  /// A name as it may stand in an address.
  static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private void card(Digests digests, String id) {
    List<Comparison> scores = scores();
    String state = release.verification().name();
    html.open("section", "class", "card", "aria-labelledby", id);
    html.open("div", "class", "card-head");
    html.open("h2", "id", id);
    languages(scores);
    html.close();
    html.element("p", View.brief(release.name()), "class", "muted");
    html.element(
        "p",
        view.text("verification." + state),
        "class",
        "verdict " + state.toLowerCase(Locale.ROOT));
    html.close();
    List<Digests.File> files;
    try {
      files = digests.files(release.folder());
    } catch (DureException e) {
      html.element("p", view.text("release.unreadable"), "class", "empty").close();
      return;
    }
    facts(scores, files);
    actions();
    html.open("details", "class", "more");
    html.element("summary", view.text("release.caption", "name", View.brief(release.name())));
    html.open("p").text(view.text("release.check") + " ");
    html.element(
        "code",
        "dure verify %s --key %s"
            .formatted(
                Printable.shellWord(release.folder()),
                Printable.shellWord(release.folder().resolve("public-key.pem"))));
    html.close();
    files(files);
    html.close().close();
  }

  /// As the release itself has it; none where it holds no evaluation that can be read.
  private List<Comparison> scores() {
    try {
      return EvaluationReport.read(release.folder().resolve(EVALUATION)).languages();
    } catch (DureException e) {
      return List.of();
    }
  }

  /// The languages that it speaks, each in its own words; the release's name where that is unknown.
  private void languages(List<Comparison> scores) {
    if (scores.isEmpty()) {
      html.text(View.brief(release.name()));
    }
    for (int i = 0; i < scores.size(); i++) {
      html.text(i == 0 ? "" : view.text("list.separator"));
      String code = scores.get(i).language();
      html.element("bdi", View.ownName(code, code), "lang", View.languageTag(code));
    }
  }

  private void facts(List<Comparison> scores, List<Digests.File> files) {
    html.open("dl");
    long bytes = files.stream().mapToLong(Digests.File::size).sum();
    html.open("div").element("dt", view.text("column.size"));
    html.element("dd", view.words().bytes(bytes)).close();
    for (Comparison score : scores) {
      String label = view.text("release.score");
      html.open("div");
      html.element(
          "dt",
          scores.size() == 1
              ? label
              : label + " · " + View.ownName(score.language(), score.language()));
      Interval value = score.released() == null ? score.belt() : score.released().value();
      html.open("dd").element("b", view.words().decimal(value.value(), DIGITS));
      Interval difference = score.outcome();
      Interval twin = score.twin();
      if (difference != null && twin != null) {
        double share = difference.value() / twin.value();
        html.element(
            "span",
            " "
                + view.text(
                    "release.beside",
                    "alone",
                    view.words().decimal(twin.value(), DIGITS),
                    "share",
                    view.words().signedPercent(share)),
            "class",
            "muted");
      }
      html.close().close();
    }
    html.close();
  }

  private void actions() {
    if (release.verification() == Verification.CHANGED
        || release.verification() == Verification.TAKEN_BACK) {
      return;
    }
    html.open("p", "class", "actions");
    html.element(
        "a",
        view.text("release.download"),
        "class",
        "button",
        "href",
        download(release.name()),
        "download",
        "");
    chat.ifPresent(
        address ->
            html.element(
                "a",
                view.text("release.chat"),
                "class",
                "button second",
                "href",
                address
                    + "?lang="
                    + view.words().language()
                    + "&model="
                    + encoded(release.name())));
    html.close();
  }

  private void files(List<Digests.File> files) {
    List<String> columns =
        List.of(view.text("column.file"), view.text("column.size"), view.text("column.digest"));
    String caption = view.text("release.caption", "name", View.brief(release.name()));
    Table table = Table.open(html, caption, columns);
    for (Digests.File file : files) {
      table.row(relative(release.folder(), file.path()));
      table.cell(view.words().bytes(file.size()));
      Optional<String> digest = file.digest();
      table.cell();
      if (digest.isPresent()) {
        html.element("code", digest.get(), "class", "digest");
      } else {
        html.text(view.text("release.computing"));
      }
      table.done();
      table.endRow();
    }
    table.close();
  }

  private static String relative(Path folder, Path file) {
    return folder.relativize(file).toString();
  }
}
