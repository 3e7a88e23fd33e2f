package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.page.HtmlWriter;
import org.dure.evaluation.Comparison.Verdict;
import org.dure.evaluation.EvaluationReport.Matrix;
import org.dure.evaluation.EvaluationReportPage.Border;
import org.dure.evaluation.EvaluationReportPage.Point;
import org.dure.evaluation.EvaluationReportPage.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class EvaluationReportPageTest {
  private static final List<String> HOSTILE =
      List.of(
          "<script>alert(1)</script>",
          "\"><img src=x onerror=alert(1)>",
          "' onmouseover='alert(1)",
          "</style></title><svg onload=alert(1)>",
          "]]>&lt;&amp;{0}{9}",
          "\u202eabc\u2066");

  @TempDir Path folder;

  private static EvaluationReportPage page(EvaluationReport report) {
    SequencedMap<String, List<Point>> curves = new LinkedHashMap<>();
    for (String region : List.of("ko", "ja", "fr", "vi")) {
      List<Point> points = new ArrayList<>();
      for (int step = 1; step <= 900; step++) {
        points.add(new Point(step, 2 + region.charAt(0) % 3 + 5.0 / step));
      }
      points.add(new Point(901, Double.NaN));
      curves.put(region, points);
    }
    SequencedMap<String, Double> seconds = new LinkedHashMap<>();
    seconds.put("corpus", 3.25);
    seconds.put("belt", 301.0);
    seconds.put("own-stage", 59.6);
    return EvaluationReportPage.of(report)
        .lossCurves(curves)
        .borders(
            List.of(new Border("ko", 12_345_678, 999), new Border("ja", 2_000, 3_000_000_000L)))
        .timings(seconds)
        .samples(List.of(new Sample("ko", "ko", "두레는", " 마을의\n것이다.")));
  }

  /// The page is written so that it is XML too, which the JDK can read strictly.
  private static Document parse(String html) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Element> elements(Document document, String name) {
    NodeList nodes = document.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  @Test
  void thePageSpeaksFiveLanguagesEachMarkedAsSuch() throws Exception {
    Document document = parse(page(EvaluationReportTest.report()).html("ja"));
    assertThat(document.getDocumentElement().getAttribute("lang")).isEqualTo("ja");
    assertThat(elements(document, "section"))
        .extracting(section -> section.getAttribute("lang"))
        .containsExactly("ko", "ja", "fr", "vi", "en");
    assertThat(elements(document, "section"))
        .filteredOn(section -> section.getAttribute("class").contains("first"))
        .extracting(section -> section.getAttribute("id"))
        .containsExactly("ja");
    assertThat(elements(document, "a"))
        .extracting(Element::getTextContent)
        .containsExactly("한국어", "日本語", "Français", "Tiếng Việt", "English");
  }

  @Test
  void everyTableTellsWhatItsHeadersHead() throws Exception {
    Document document = parse(page(EvaluationReportTest.report()).html("ko"));
    assertThat(elements(document, "table")).hasSize(5 * 4);
    assertThat(elements(document, "caption")).hasSize(5 * 4);
    assertThat(elements(document, "th"))
        .allMatch(th -> Set.of("row", "col").contains(th.getAttribute("scope")));
    Element table = elements(document, "table").getFirst();
    NodeList rows = table.getElementsByTagName("tr");
    assertThat(rows.getLength()).isEqualTo(5);
    for (int i = 0; i < rows.getLength(); i++) {
      Element row = (Element) rows.item(i);
      int cells =
          row.getElementsByTagName("th").getLength() + row.getElementsByTagName("td").getLength();
      assertThat(cells).isEqualTo(7);
    }
  }

  @Test
  void picturesAreDescribedAndIdsAreUnique() throws Exception {
    Document document = parse(page(EvaluationReportTest.report()).html("ko"));
    Set<String> ids = new HashSet<>();
    for (Element element : elements(document, "*")) {
      if (element.hasAttribute("id")) {
        assertThat(ids.add(element.getAttribute("id"))).as(element.getAttribute("id")).isTrue();
      }
    }
    assertThat(elements(document, "svg")).hasSize(10);
    for (Element picture : elements(document, "svg")) {
      assertThat(picture.getAttribute("role")).isEqualTo("img");
      assertThat(ids).contains(picture.getAttribute("aria-labelledby").split(" "));
    }
    assertThat(elements(document, "desc"))
        .extracting(Element::getTextContent)
        .anyMatch(text -> text.contains("ko: from 7.056 to 4.006"));
  }

  @Test
  void numbersAreWrittenAsEachLanguageWritesThem() {
    String html = page(EvaluationReportTest.report()).html("ko");
    assertThat(html)
        .contains("1.357", "[1.337, 1.377]", "1,357", "[1,337\u00a0; 1,377]", "[1,337; 1,377]")
        .contains("12.3\u00a0MB", "12,3\u00a0Mo", "5분 1초", "5\u00a0min 1\u00a0s", "3.0\u00a0GB");
  }

  @Test
  void theVerdictsAreSaidAsTheyAre() throws Exception {
    Document document = parse(page(EvaluationReportTest.report()).html("en"));
    Element english = elements(document, "section").getLast();
    assertThat(english.getTextContent())
        .contains("better together", "worse together", "no clear difference")
        .contains("−0.036", "+0.033");
    assertThat(english.getTextContent()).doesNotContain("too few");
  }

  @Test
  void theResultIsSaidAndDrawnBeforeAnythingElse() throws Exception {
    Document document = parse(page(EvaluationReportTest.report()).html("en"));
    for (Element section : elements(document, "section")) {
      NodeList all = section.getElementsByTagName("*");
      assertThat(all.item(0).getNodeName()).isEqualTo("h1");
      assertThat(((Element) all.item(1)).getAttribute("class")).isEqualTo("result");
      assertThat(((Element) all.item(2)).getAttribute("class")).isEqualTo("difference");
    }
    Element english = elements(document, "section").getLast();
    assertThat(english.getElementsByTagName("p").item(0).getTextContent())
        .startsWith("Training together ")
        .contains(" languages: Korean −");
    assertThat(english.getTextContent()).contains("Korean: −0.036 bits per byte [");
  }

  @Test
  void theTitleFollowsTheLanguageByAScriptThatThePolicyNames() throws Exception {
    String html = page(EvaluationReportTest.report()).html("ko");
    Matcher script = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL).matcher(html);
    assertThat(script.find()).isTrue();
    byte[] digest =
        MessageDigest.getInstance("SHA-256")
            .digest(script.group(1).getBytes(StandardCharsets.UTF_8));
    assertThat(EvaluationReportPage.SCRIPT_SOURCE)
        .isEqualTo("'sha256-" + Base64.getEncoder().encodeToString(digest) + "'");
    assertThat(html)
        .contains(HtmlWriter.escape("script-src " + EvaluationReportPage.SCRIPT_SOURCE));
  }

  @Test
  void conditionsAreSaidInTheReadersWords() {
    EvaluationReport report =
        EvaluationReport.of(
            "demo", "now", List.of(), null, Map.of("sharing", "body", "seed", "7", "own", "x"));
    String html = EvaluationReportPage.of(report).html("ko");
    assertThat(html.substring(html.indexOf("id=\"ko\""), html.indexOf("id=\"ja\"")))
        .contains("<dt>공유하는 것</dt><dd>모델 본체</dd>", "<dt>시드</dt>", "<dt>own</dt><dd>x</dd>");
  }

  @Test
  void fewPointsAreMarkedWithTheirNumbers() throws Exception {
    SequencedMap<String, List<Point>> curves = new LinkedHashMap<>();
    curves.put("ko", List.of(new Point(20, 8.25), new Point(40, 4.5)));
    Document document =
        parse(EvaluationReportPage.of(EvaluationReportTest.report()).lossCurves(curves).html("en"));
    assertThat(elements(document, "title"))
        .extracting(Element::getTextContent)
        .contains("ko, step 40: 4.500");
  }

  @Test
  void tooLittleTextIsSaid() {
    Comparison few =
        Comparison.of(
            "ko",
            Map.ofEntries(
                Map.entry("start", 2.0),
                Map.entry("start.low", 2.0),
                Map.entry("start.high", 2.0),
                Map.entry("end", 1.0),
                Map.entry("end.low", 1.0),
                Map.entry("end.high", 1.0),
                Map.entry("twin", 1.5),
                Map.entry("twin.low", 1.5),
                Map.entry("twin.high", 1.5),
                Map.entry("difference", -0.5),
                Map.entry("difference.low", -0.5),
                Map.entry("difference.high", -0.5),
                Map.entry("pages", 3.0),
                Map.entry("documents", 3.0),
                Map.entry("bytes", 100.0),
                Map.entry("tokens", 40.0)));
    assertThat(few.verdict()).isEqualTo(Verdict.NO_DIFFERENCE);
    EvaluationReport report = EvaluationReport.of("demo", "now", List.of(few), null, Map.of());
    assertThat(EvaluationReportPage.of(report).html("en"))
        .contains("no clear difference *", "Fewer than 10 pages");
  }

  @Test
  void everyLanguageSaysWhichDocumentsWereMeasured() {
    EvaluationReport report =
        EvaluationReport.of(
            "demo",
            "now",
            List.of(
                EvaluationReportTest.comparison("ko", 1.3, 1.4, Verdict.BETTER),
                EvaluationReportTest.notMeasured("vi")),
            null,
            Map.of());
    String html = EvaluationReportPage.of(report).html("en");
    assertThat(html)
        .contains("all 480 paragraphs", "a sample: 64 of 480 paragraphs")
        .contains("문단 480개 전부", "표본: 문단 480개 중 64개")
        .contains("全 480 段落", "標本：480 段落のうち 64 段落")
        .contains("les 480 paragraphes", "64 paragraphes sur 480")
        .contains("tất cả 480 đoạn", "mẫu: 64 trên 480 đoạn");
  }

  @Test
  void hostileTextStaysText() throws Exception {
    for (String hostile : HOSTILE) {
      EvaluationReport report =
          EvaluationReport.of(
              hostile,
              hostile,
              List.of(EvaluationReportTest.comparison(hostile, 1, 2, Verdict.BETTER)),
              new Matrix(
                  List.of(hostile), List.of(hostile), List.of(List.of(new Interval(1, 1, 1)))),
              Map.of(hostile, hostile));
      SequencedMap<String, List<Point>> curves = new LinkedHashMap<>();
      curves.put(hostile, List.of(new Point(0, 1), new Point(1, 0)));
      SequencedMap<String, Double> seconds = new LinkedHashMap<>();
      seconds.put(hostile, 1.0);
      String html =
          EvaluationReportPage.of(report)
              .lossCurves(curves)
              .borders(List.of(new Border(hostile, 1, 2)))
              .timings(seconds)
              .samples(List.of(new Sample(hostile, hostile, hostile, hostile)))
              .html("ko");
      Document document = parse(html);
      assertThat(elements(document, "script"))
          .extracting(Element::getTextContent)
          .hasSize(1)
          .noneMatch(script -> script.contains(hostile));
      assertThat(elements(document, "img")).isEmpty();
      for (Element element : elements(document, "*")) {
        for (int i = 0; i < element.getAttributes().getLength(); i++) {
          assertThat(element.getAttributes().item(i).getNodeName()).doesNotStartWith("on");
        }
      }
      // What would turn the direction of the text around it is replaced.
      String shown = hostile.replaceAll("[\u202A-\u202E\u2066-\u2069]", "\uFFFD");
      assertThat(elements(document, "blockquote").getFirst().getTextContent())
          .isEqualTo(shown + shown);
      assertThat(elements(document, "title").getFirst().getTextContent()).contains(shown);
    }
  }

  @Test
  void charactersThatNoPageMayHoldAreReplaced() throws Exception {
    String html =
        EvaluationReportPage.of(EvaluationReportTest.report())
            .samples(
                List.of(
                    new Sample(
                        "ko", "ko", "a\0b\u0007c\ud800d\uffffe\u0085f", "\tg\n\ud83d\ude00")))
            .html("ko");
    assertThat(elements(parse(html), "blockquote").getFirst().getTextContent())
        .isEqualTo("a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\tg\n\ud83d\ude00");
  }

  @Test
  void thePageNeedsNothingFromOutside() throws Exception {
    String html = page(EvaluationReportTest.report()).html("ko");
    assertThat(html).doesNotContain("http:", "https:", "url(", "@import", " src=");
    assertThat(elements(parse(html), "a"))
        .allMatch(link -> link.getAttribute("href").startsWith("#"));
  }

  @Test
  void equalContentGivesEqualBytesInTheFile() {
    Path one = folder.resolve("deep/index.html");
    Path two = folder.resolve("two.html");
    page(EvaluationReportTest.report()).write(one, "ko");
    page(EvaluationReportTest.report()).write(two, "ko");
    assertThat(one).hasSameBinaryContentAs(two);
    assertThat(one).content().startsWith("<!DOCTYPE html>\n<html lang=\"ko\">");
  }

  @Test
  void longCurvesAreThinnedAndStayWithinThePicture() throws Exception {
    String html = page(EvaluationReportTest.report()).html("ko");
    assertThat(html.length()).isLessThan(400_000);
    for (Element path : elements(parse(html), "path")) {
      Matcher numbers = Pattern.compile("-?[0-9.]+").matcher(path.getAttribute("d"));
      while (numbers.find()) {
        assertThat(Double.parseDouble(numbers.group())).isBetween(0.0, 400.0);
      }
    }
  }

  @Test
  void emptyPartsAreDrawnEmpty() throws Exception {
    EvaluationReport nothing = EvaluationReport.of("demo", "now", List.of(), null, Map.of());
    SequencedMap<String, List<Point>> none = new LinkedHashMap<>();
    none.put("ko", List.of(new Point(1, Double.POSITIVE_INFINITY)));
    assertThat(parse(EvaluationReportPage.of(nothing).html("ko"))).isNotNull();
    assertThat(
            parse(
                EvaluationReportPage.of(nothing)
                    .lossCurves(none)
                    .borders(List.of())
                    .timings(new LinkedHashMap<>())
                    .samples(List.of())
                    .html("fr")))
        .isNotNull();
  }

  @Test
  void aLanguageThatThePageDoesNotSpeakIsRefused() {
    assertThatThrownBy(() -> page(EvaluationReportTest.report()).html("de"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LANGUAGE_UNKNOWN))
        .hasMessageContaining("ko, ja, fr, vi, en");
  }

  @Test
  void everyLanguageHasTheSameTextsWithTheSamePlaces() {
    ReportMessages english = ReportMessages.in("en");
    Pattern place = Pattern.compile("\\{\\d}");
    String[] values = {"{0}", "{1}", "{2}", "{3}", "{4}", "{5}", "{6}"};
    for (String language : ReportMessages.LANGUAGES) {
      ReportMessages words = ReportMessages.in(language);
      boolean singular = Set.of("en", "fr").contains(language);
      assertThat(words.keys())
          .as(language)
          .isEqualTo(
              english.keys().stream().filter(key -> singular || !key.endsWith(".one")).toList());
      for (String key : words.keys()) {
        assertThat(place.matcher(words.text(key, values)).results().map(r -> r.group()).sorted())
            .as("%s in %s", key, language)
            .containsExactlyElementsOf(
                place
                    .matcher(english.text(key, values))
                    .results()
                    .map(r -> r.group())
                    .sorted()
                    .toList());
        if (!key.equals("sentence.separator")) {
          assertThat(words.text(key, values)).isNotBlank();
        }
      }
    }
  }

  @Test
  void everyColourOfTextStandsOutFromThePaper() throws Exception {
    String css;
    try (var in = EvaluationReportPage.class.getResourceAsStream("report.css")) {
      css = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    page(EvaluationReportTest.report()).write(folder.resolve("page.html"), "ko");
    String html = Files.readString(folder.resolve("page.html"));
    Matcher colours =
        Pattern.compile("(--[a-z]+: |fill=\"|a \\{ color: )#([0-9a-f]{6})").matcher(css + html);
    int count = 0;
    while (colours.find()) {
      if (!colours.group(1).contains("--line") && !colours.group(1).contains("--paper")) {
        assertThat(contrastWithWhite(colours.group(2))).as(colours.group()).isGreaterThan(4.5);
        count++;
      }
    }
    assertThat(count).isGreaterThan(20);
  }

  /// WCAG 2.2, contrast ratio.
  private static double contrastWithWhite(String hex) {
    double luminance = 0;
    double[] weights = {0.2126, 0.7152, 0.0722};
    for (int i = 0; i < 3; i++) {
      double c = Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16) / 255.0;
      luminance += weights[i] * (c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
    }
    return 1.05 / (luminance + 0.05);
  }

  @Test
  void whatWasNotMeasuredIsSaidInWordsAndNotDrawn() {
    String html =
        EvaluationReportPage.of(
                EvaluationReport.of(
                    "demo",
                    "2026-11-22T13:00:00Z",
                    List.of(EvaluationReportTest.notMeasured("ko")),
                    null,
                    Map.of()))
            .html("en");
    String english = html.substring(html.indexOf("id=\"en\""));
    assertThat(english.split("<td class=\"number\">not measured</td>", -1)).hasSize(4);
    assertThat(english).doesNotContain("<svg");
    assertThat(english).contains("Without a twin there is nothing to compare with");
    assertThat(english).contains("NOT_MEASURED\">not measured</td>");
  }
}
