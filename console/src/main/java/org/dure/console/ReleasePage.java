package org.dure.console;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.HtmlWriter;

/// The study's releases with their files and what the last check said.
final class ReleasePage {
  private ReleasePage() {}

  static void write(
      HtmlWriter html, View view, List<ConsoleExtras.Release> releases, Digests digests) {
    html.element("h1", view.text("release.title"));
    html.element("p", view.text("release.intro"), "class", "lead");
    if (releases.isEmpty()) {
      html.element("p", view.text("release.none"), "class", "empty");
      return;
    }
    for (int i = 0; i < releases.size(); i++) {
      release(html, view, releases.get(i), digests, "release-" + i);
    }
  }

  private static void release(
      HtmlWriter html, View view, ConsoleExtras.Release release, Digests digests, String id) {
    html.open("section", "class", "card", "aria-labelledby", id);
    html.open("div", "class", "card-head");
    html.element("h2", View.brief(release.name()), "id", id);
    String state = release.verification().name();
    html.element(
        "p",
        view.text("verification." + state),
        "class",
        "verdict " + state.toLowerCase(Locale.ROOT));
    html.close();
    html.open("p").text(view.text("release.check") + " ");
    html.element(
        "code",
        "dure verify %s --key %s"
            .formatted(release.folder(), release.folder().resolve("public-key.pem")));
    html.close();
    files(html, view, release, digests);
    html.close();
  }

  private static void files(
      HtmlWriter html, View view, ConsoleExtras.Release release, Digests digests) {
    List<Digests.File> files;
    try {
      files = digests.files(release.folder());
    } catch (DureException e) {
      html.element("p", view.text("release.unreadable"), "class", "empty");
      return;
    }
    Table table =
        Table.open(
            html,
            view.text("release.caption", "name", View.brief(release.name())),
            List.of(
                view.text("column.file"), view.text("column.size"), view.text("column.digest")));
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
