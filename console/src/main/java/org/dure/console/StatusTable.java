package org.dure.console;

import java.util.ArrayList;
import java.util.List;
import org.dure.core.Printable;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.jspecify.annotations.Nullable;

/// A picture of the study for a terminal: a sentence, and one line a region with what is wrong with
/// it in words. Columns are as wide as what stands in them, where a Han, Kana or Hangul character
/// takes two places.
public final class StatusTable {
  /// The few colours that a terminal is asked for.
  enum Colours {
    NONE(""),
    RED("\u001b[31m"),
    YELLOW("\u001b[33m"),
    GREEN("\u001b[32m"),
    BOLD("\u001b[1m");

    private static final String END = "\u001b[0m";
    private final String start;

    Colours(String start) {
      this.start = start;
    }

    String on(String text) {
      return start.isEmpty() || text.isEmpty() ? text : start + text + END;
    }
  }

  private final View view;
  private final boolean coloured;

  private StatusTable(View view, boolean coloured) {
    this.view = view;
    this.coloured = coloured;
  }

  /// The picture without colours.
  public static String plain(View view) {
    return new StatusTable(view, false).text();
  }

  /// The picture for a terminal that knows colours.
  public static String coloured(View view) {
    return new StatusTable(view, true).text();
  }

  private String on(Colours colour, String text) {
    return coloured ? colour.on(text) : text;
  }

  private String text() {
    StudyStatus status = view.status();
    StringBuilder out = new StringBuilder();
    String title = Printable.line(View.brief(status.study()));
    out.append(on(Colours.BOLD, title)).append("  ");
    String outcome = Outcome.sentence(view);
    if (!outcome.isEmpty()) {
      out.append(Printable.line(outcome)).append('\n');
    }
    out.append(Printable.line(BeltPage.sentence(view))).append('\n');
    String circles = CircleSentence.of(view);
    if (!circles.isEmpty()) {
      out.append(Printable.line(circles)).append('\n');
    }
    out.append(view.text("numbers.epoch"))
        .append(' ')
        .append(view.words().number(status.membership().epoch()));
    if (status.membership().medianMillis() > 0) {
      out.append("  ").append(view.text("number.median")).append(' ');
      out.append(view.words().span(status.membership().medianMillis()));
    }
    if (status.load().plannedBytes() > 0) {
      out.append("  ").append(view.text("numbers.planned")).append(' ');
      out.append(view.words().bytes(status.load().plannedBytes()));
    }
    out.append('\n');
    for (String sentence : Returns.sentences(view)) {
      out.append(on(Colours.YELLOW, Printable.line(sentence))).append('\n');
    }
    StudyStatus.Trouble trouble = status.trouble();
    if (trouble != null) {
      out.append(on(Colours.RED, Printable.line(ConcernMessages.trouble(view.words(), trouble))))
          .append('\n');
    }
    if (!status.strangers().isEmpty()) {
      out.append(Printable.line(Attention.strangers(view))).append('\n');
    }
    return out.append('\n').append(table()).toString();
  }

  private String table() {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>();
    head.add(view.text("column.region"));
    RegionNumber.LINE.forEach(number -> head.add(number.title(view)));
    head.add(view.text("number.concern"));
    rows.add(head);
    for (Region region : view.status().regions()) {
      List<String> row = new ArrayList<>();
      row.add(Printable.line(region.name()));
      RegionNumber.LINE.forEach(number -> row.add(Printable.line(number.text(view, region))));
      Concern concern = region.concern();
      row.add(concern == null ? "" : Printable.line(ConcernMessages.text(view.words(), concern)));
      rows.add(row);
    }
    int[] widths = new int[head.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < rows.size(); i++) {
      Region region = i == 0 ? null : view.status().regions().get(i - 1);
      out.append(line(rows.get(i), widths, region)).append('\n');
    }
    return out.toString();
  }

  private String line(List<String> cells, int[] widths, @Nullable Region region) {
    StringBuilder out = new StringBuilder();
    int last = cells.size() - 1;
    for (int i = 0; i <= last; i++) {
      String cell = cells.get(i);
      String space = " ".repeat(widths[i] - width(cell));
      boolean left = i <= 1 || i == last;
      String shown = on(region == null ? Colours.BOLD : colour(region, i, last), cell);
      out.append(i == 0 ? "" : "  ");
      out.append(left ? shown + (i == last ? "" : space) : space + shown);
    }
    return out.toString().stripTrailing();
  }

  private static Colours colour(Region region, int column, int last) {
    Concern concern = region.concern();
    if (column == last) {
      return concern == null
          ? Colours.NONE
          : concern.code().isSevere() ? Colours.RED : Colours.YELLOW;
    }
    if (column == 1) {
      if (View.isRevoked(region)) {
        return Colours.RED;
      }
      return region.presence().state() == RegionState.PRESENT
          ? Colours.GREEN
          : region.presence().state() == RegionState.ABSENT ? Colours.RED : Colours.NONE;
    }
    return Colours.NONE;
  }

  /// Places that the text takes on a terminal.
  static int width(String text) {
    return text.codePoints().map(StatusTable::width).sum();
  }

  private static int width(int c) {
    if (Character.getType(c) == Character.NON_SPACING_MARK) {
      return 0;
    }
    boolean wide =
        c >= 0x1100 && c <= 0x115F
            || c >= 0x2E80 && c <= 0xA4CF
            || c >= 0xAC00 && c <= 0xD7A3
            || c >= 0xF900 && c <= 0xFAFF
            || c >= 0xFE30 && c <= 0xFE6F
            || c >= 0xFF00 && c <= 0xFF60
            || c >= 0xFFE0 && c <= 0xFFE6
            || c >= 0x1F300 && c <= 0x1F64F
            || c >= 0x20000 && c <= 0x3FFFD;
    return wide ? 2 : 1;
  }
}
