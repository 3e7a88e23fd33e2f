package org.dure.console;

import java.util.ArrayList;
import java.util.List;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus.Region;

/// All numbers of all regions, as two tables.
final class Numbers {
  private Numbers() {}

  static void write(HtmlWriter html, View view) {
    if (view.status().regions().isEmpty()) {
      return;
    }
    html.open("section", "class", "numbers", "aria-labelledby", "numbers");
    html.open("details").open("summary");
    html.element("h2", view.text("numbers.title"), "id", "numbers").close();
    html.open("dl", "class", "line");
    fact(html, view.text("numbers.epoch"), view.words().number(view.status().membership().epoch()));
    long median = view.status().membership().medianMillis();
    fact(
        html,
        view.text("number.median"),
        median == 0 ? RegionNumber.NONE : view.words().span(median));
    html.close();
    table(html, view, view.text("numbers.part"), RegionNumber.PART);
    table(html, view, view.text("numbers.work"), RegionNumber.WORK);
    html.element("p", view.text("numbers.note"), "class", "note");
    html.close().close();
  }

  private static void fact(HtmlWriter html, String name, String value) {
    html.open("div").element("dt", name).element("dd", value).close();
  }

  private static void table(
      HtmlWriter html, View view, String caption, List<RegionNumber> numbers) {
    List<String> columns = new ArrayList<>();
    columns.add(view.text("column.region"));
    numbers.forEach(number -> columns.add(number.title(view)));
    Table table = Table.open(html, caption, columns);
    for (Region region : view.status().regions()) {
      table.row();
      html.open("span", "class", "dot " + view.hue(region.name())).close();
      html.element("bdi", view.label(region), "lang", View.languageTag(region));
      table.headed();
      for (RegionNumber number : numbers) {
        String text = number.text(view, region);
        if (text.equals(RegionNumber.NONE)) {
          table.none();
        } else {
          table.cell(text);
        }
      }
      table.endRow();
    }
    table.close();
  }
}
