package org.dure.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Optional;
import org.dure.federation.status.StudyStatus;

/// The console's pages as functions of a picture of the study; knows nothing of HTTP. Thread-safe.
final class Pages {
  private final ConsoleExtras extras;
  private final ZoneId zone;
  private final Digests digests = new Digests();

  /// @param zone in which times of day are told
  Pages(ConsoleExtras extras, ZoneId zone) {
    this.extras = extras;
    this.zone = zone;
  }

  private View view(StudyStatus status, String language, String path) {
    return new View(status, Messages.of(language), zone, path);
  }

  String belt(StudyStatus status, String language) {
    View view = view(status, language, "/");
    return Frame.page(view, view.text("nav.belt"), html -> BeltPage.write(html, view));
  }

  /// @param before only rounds below this one; 0 for the newest
  String borders(StudyStatus status, String language, int before) {
    View view = view(status, language, "/borders");
    return Frame.page(
        view, view.text("borders.title"), html -> BordersPage.write(html, view, before));
  }

  /// @param before only rounds below this one; 0 for the newest
  String rounds(StudyStatus status, String language, int before) {
    View view = view(status, language, "/rounds");
    return Frame.page(view, view.text("rounds.title"), html -> RoundsPage.list(html, view, before));
  }

  /// @return empty if there is no such round yet
  Optional<String> round(StudyStatus status, String language, int number) {
    View view = view(status, language, "/rounds/" + number);
    String name = view.text("round.name", "round", view.words().number(number));
    return RoundsPage.find(view, number)
        .map(round -> Frame.page(view, name, html -> RoundsPage.one(html, view, round)));
  }

  String evaluation(StudyStatus status, String language) {
    View view = view(status, language, "/evaluation");
    var report =
        report("index.html").isPresent()
            ? EvaluationPage.Report.PRESENT
            : EvaluationPage.Report.ABSENT;
    return Frame.page(
        view, view.text("evaluation.title"), html -> EvaluationPage.write(html, view, report));
  }

  String release(StudyStatus status, String language) {
    View view = view(status, language, "/release");
    return Frame.page(
        view,
        view.text("release.title"),
        html -> ReleasePage.write(html, view, extras.releases().get(), extras.chat(), digests));
  }

  /// A release by its name; empty if there is none of that name that may be handed out.
  Optional<ConsoleExtras.Release> release(String name) {
    return extras.releases().get().stream()
        .filter(release -> release.name().equals(name) && !release.files().isEmpty())
        .findFirst();
  }

  /// The page for an address that leads nowhere, or for what went wrong.
  ///
  /// @param detail in the program's own words; empty for none
  String problem(String language, int httpStatus, String detail) {
    Messages words = Messages.of(language);
    String key = httpStatus == 404 ? "error.missing" : "error.failed";
    return Frame.problem(
        words, words.text(key), detail.isEmpty() ? words.text(key + ".text") : detail);
  }

  /// A file of the evaluation's report; empty if there is none of that name inside its folder.
  Optional<Path> report(String name) {
    Optional<Path> folder = extras.report().get();
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path root = folder.get().toRealPath();
      Path file = root.resolve(name).toRealPath();
      return file.startsWith(root) && Files.isRegularFile(file)
          ? Optional.of(file)
          : Optional.empty();
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  /// The media type of a report's file by its name.
  static String mediaType(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    String ending = name.substring(name.lastIndexOf('.') + 1);
    return switch (ending) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "json" -> "application/json";
      case "svg" -> "image/svg+xml";
      case "png" -> "image/png";
      default -> "application/octet-stream";
    };
  }
}
