package org.dure.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Return;
import org.dure.federation.status.StudyStatus.Round;

/// What was taken back, in words: which rounds, why, and with which one the study went on.
final class Returns {
  /// How many are told at once, the newest.
  private static final int MOST = 3;

  private Returns() {}

  static void write(HtmlWriter html, View view) {
    for (Return one : newest(view.status())) {
      html.open("p", "class", "note");
      html.text(sentence(view, one)).text(" ");
      html.element(
          "time",
          view.words().dateTime(one.time(), view.zone()),
          "class",
          "muted",
          "datetime",
          Instant.ofEpochMilli(one.time()).toString());
      html.close();
    }
  }

  /// The newest, oldest first.
  static List<Return> newest(StudyStatus status) {
    List<Return> all = status.progress().undone().returns();
    return all.subList(Math.max(0, all.size() - MOST), all.size());
  }

  static String sentence(View view, Return one) {
    Messages words = view.words();
    return view.text(
        one.byRule() ? "undone.rule" : "undone.operator",
        "from",
        words.number(one.from()),
        "to",
        words.number(one.to()),
        "next",
        words.number(one.to() + 1),
        "region",
        View.brief(one.region()),
        "reason",
        View.brief(one.reason()));
  }

  /// When the round was taken back; empty if it counts.
  static Optional<Long> of(View view, Round round) {
    return view.status().progress().undone().returns().stream()
        .filter(one -> one.from() <= round.number() && round.number() <= one.to())
        .map(Return::time)
        .findFirst();
  }
}
