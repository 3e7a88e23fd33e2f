package org.dure.console;

import java.util.List;
import org.dure.core.page.HtmlWriter;

/// Writes a table that reads as a table on a wide screen and as one block a row on a phone, where
/// each cell carries its column's name. Roles are given explicitly, because a table whose display
/// the style sheet changes is none to some screen readers.
final class Table {
  /// More columns than this are set closer.
  private static final int MANY = 7;

  private final HtmlWriter html;
  private final List<String> columns;
  private int column;

  private Table(HtmlWriter html, List<String> columns) {
    this.html = html;
    this.columns = columns;
  }

  /// Opens a table; the first column's cells are the rows' headings.
  static Table open(HtmlWriter html, String caption, List<String> columns) {
    html.open("div", "class", "scroll");
    html.open("table", "role", "table", "class", columns.size() > MANY ? "many" : "few");
    html.element("caption", caption);
    html.open("thead", "role", "rowgroup").open("tr", "role", "row");
    for (String column : columns) {
      html.element("th", column, "scope", "col", "role", "columnheader");
    }
    html.close().close();
    html.open("tbody", "role", "rowgroup");
    return new Table(html, columns);
  }

  /// Starts a row; its heading is what is written until [#headed].
  Table row() {
    column = 0;
    html.open("tr", "role", "row");
    html.open("th", "scope", "row", "role", "rowheader");
    return this;
  }

  Table headed() {
    html.close();
    return this;
  }

  Table row(String heading) {
    row();
    html.text(heading);
    return headed();
  }

  /// Opens a cell, to be closed with [#done].
  Table cell() {
    column++;
    html.open("td", "role", "cell", "data-label", columns.get(column));
    return this;
  }

  Table done() {
    html.close();
    return this;
  }

  Table cell(String text) {
    cell();
    html.text(text);
    return done();
  }

  /// A cell without a value; on a phone it is left out.
  Table none() {
    column++;
    html.element("td", "–", "role", "cell", "class", "none");
    return this;
  }

  Table endRow() {
    html.close();
    return this;
  }

  /// What follows are totals.
  Table foot() {
    html.close();
    html.open("tfoot", "role", "rowgroup");
    return this;
  }

  void close() {
    html.close().close().close();
  }
}
