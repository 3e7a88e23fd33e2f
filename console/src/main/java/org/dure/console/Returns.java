package org.dure.console;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Drop;
import org.dure.federation.status.StudyStatus.Drops;
import org.dure.federation.status.StudyStatus.Return;
import org.dure.federation.status.StudyStatus.Round;

/// Which rounds count no more, in words: why, and with which one the study went on.
final class Returns {
  /// How many are told at once, the newest.
  private static final int MOST = 3;

  private Returns() {}

  static void write(HtmlWriter html, View view) {
    newest(undone(view).returns())
        .forEach(one -> write(html, view, sentence(view, one), one.time()));
    newest(undone(view).drops().newest())
        .forEach(one -> write(html, view, sentence(view, one), one.time()));
    String count = count(view);
    if (!count.isEmpty()) {
      html.element("p", count, "class", "note");
    }
  }

  private static void write(HtmlWriter html, View view, String sentence, long time) {
    html.open("p", "class", "note");
    html.text(sentence).text(" ");
    html.element(
        "time",
        view.words().dateTime(time, view.zone()),
        "class",
        "muted",
        "datetime",
        Instant.ofEpochMilli(time).toString());
    html.close();
  }

  /// All that is to be said, oldest first.
  static List<String> sentences(View view) {
    List<String> sentences = new ArrayList<>();
    newest(undone(view).returns()).forEach(one -> sentences.add(sentence(view, one)));
    newest(undone(view).drops().newest()).forEach(one -> sentences.add(sentence(view, one)));
    String count = count(view);
    if (!count.isEmpty()) {
      sentences.add(count);
    }
    return sentences;
  }

  private static StudyStatus.Undone undone(View view) {
    return view.status().progress().undone();
  }

  private static <T> List<T> newest(List<T> all) {
    return all.subList(Math.max(0, all.size() - MOST), all.size());
  }

  private static String sentence(View view, Drop one) {
    Messages words = view.words();
    String reason =
        view.text(
            "dropped." + one.word(),
            "round",
            words.number(one.round()),
            "here",
            words.number(one.here()),
            "needed",
            words.number(one.needed()),
            "regions",
            one.regions().stream()
                .map(view::label)
                .collect(Collectors.joining(view.text("list.separator"))));
    Drops drops = undone(view).drops();
    boolean last = drops.count() > drops.most() && one.equals(drops.newest().getLast());
    return last
        ? reason
        : reason
            + view.text("sentence.separator")
            + view.text("dropped.next", "next", words.number(one.round() + 1));
  }

  /// How many were dropped, and of how many the study dies; empty where none was.
  private static String count(View view) {
    Drops drops = undone(view).drops();
    return drops.count() == 0
        ? ""
        : view.text(
            drops.count() > drops.most() ? "dropped.end" : "dropped.count",
            "count",
            view.words().number(drops.count()),
            "most",
            view.words().number(drops.most()));
  }

  private static String sentence(View view, Return one) {
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

  /// What became of a round that counts no more, in a word; empty if it counts.
  static Optional<String> of(View view, Round round) {
    return undone(view).contains(round.number())
        ? Optional.of(
            view.text(drop(view, round).isPresent() ? "round.dropped" : "round.takenBack"))
        : Optional.empty();
  }

  /// When it was over, of a round that counts no more; empty if that is not known.
  static Optional<Long> end(View view, Round round) {
    Optional<Long> dropped = drop(view, round).map(Drop::time);
    return dropped.isPresent()
        ? dropped
        : undone(view).returns().stream()
            .filter(one -> one.from() <= round.number() && round.number() <= one.to())
            .map(Return::time)
            .findFirst();
  }

  private static Optional<Drop> drop(View view, Round round) {
    return undone(view).drops().newest().stream()
        .filter(one -> one.round() == round.number())
        .findFirst();
  }
}
