package org.dure.corpus.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlPageTest {
  private final List<Candidate> candidates = new ArrayList<>();
  private final List<Quarantine> quarantined = new ArrayList<>();
  private final Map<String, Long> leftOut = new TreeMap<>();

  private void html(String content) {
    HtmlPage.read(
        InputFile.of(Path.of("a.html"), "a.html", 0).orElseThrow(),
        new StringReader(content),
        "ko",
        100_000,
        new Reading() {
          @Override
          public void candidate(Candidate candidate) {
            candidates.add(candidate);
          }

          @Override
          public void quarantine(Quarantine quarantine) {
            quarantined.add(quarantine);
          }

          @Override
          public void leftOut(String rule, long characters) {
            leftOut.merge(rule, characters, Long::sum);
          }
        });
  }

  private List<String> texts() {
    return candidates.stream()
        .map(c -> c.document().text().strip().replaceAll(" *\n *", "\n"))
        .toList();
  }

  private List<String> ids() {
    return candidates.stream().map(c -> c.document().id()).toList();
  }

  @Test
  void blocksOfAPageAreDocumentsAndNavigationIsNot() {
    html(
        """
        <html><head><title>t</title></head><body>
        <nav><p>menu</p></nav><header><p>head</p></header>
        <h1 id="top">A   title</h1>
        <p id="p1">One <b>bold</b>
        word<br>next line</p><p>no id</p>
        <ul><li>first</li><li>second</li></ul>
        <table><tr><td>cell</td><td>other</td></tr></table>
        <p id="p1">same id again</p><p hidden>unseen</p>
        <script>code()</script><footer>foot</footer></body></html>
        """);

    assertThat(texts())
        .containsExactly(
            "A title",
            "One bold word\nnext line",
            "no id",
            "first",
            "second",
            "cell",
            "other",
            "same id again");
    assertThat(ids()).startsWith("a.html#top", "a.html#p1", "a.html:3").doesNotHaveDuplicates();
    assertThat(candidates.get(1).whole()).contains("a.html#p1");
    assertThat(candidates.get(2).whole()).isEmpty();
    assertThat(candidates.getLast().whole()).isEmpty();
    assertThat(leftOut)
        .isEqualTo(
            Map.of(
                "page.head", 1L,
                "page.navigation", 4L,
                "page.header", 4L,
                "page.hidden", 6L,
                "page.script", 6L,
                "page.footer", 4L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<form id=f><h1>headline</h1><p>text</p></form>",
        "<form><fieldset><legend>headline</legend><label>text</label></fieldset></form>",
        "<article><header><h1>headline</h1></header><p>text</p></article>",
        "<article><h2>headline</h2><footer>text</footer></article>",
        "<main><header>headline</header><aside>text</aside></main>",
        "<section><header><div>headline</div></header><div>text</div></section>",
        "<header><div><h1>headline</h1></div></header><p>text</p>",
        "<header><hgroup><p>headline</p></hgroup></header><div>text</div>",
        "<details><summary>headline</summary>text</details>",
        "<table><caption>headline</caption><tr><td>text</table>",
        "<figure><p>headline</p><figcaption>text</figcaption></figure>",
        "<div hidden=until-found><p>headline</p><p>text</p></div>",
        "<dl><dt>headline<dd>text</dl>",
        "<center><font>headline</font></center><blockquote>text</blockquote>",
        "<frameset><frame src=x></frameset><body><p>headline<p>text",
        "<ul><li>headline<li>text</ul>",
      })
  void whateverStandsAroundItTheContentStays(String page) {
    html(page);

    if (!page.startsWith("<frameset")) {
      assertThat(texts()).containsExactly("headline", "text");
      assertThat(leftOut).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "<header>seen</header>, page.header",
    "<footer>seen</footer>, page.footer",
    "<aside><section>seen</section></aside>, page.aside",
    "<article><nav>seen</nav></article>, page.navigation",
    "<p><button>seen</button></p>, page.control",
    "<select><option>seen</option></select>, page.control",
    "<textarea>seen</textarea>, page.control",
    "<template><p>seen</p></template>, page.template",
    "<noscript><p>seen</p></noscript>, page.noscript",
    "<style>seen</style>, page.style",
    "<nav><script>seen</script></nav>, page.script",
    "<!--seen-->, page.comment",
    "<svg><text>seen</text></svg>, page.embedded",
    "<iframe>seen</iframe>, page.embedded",
    "<object><p>seen</p></object>, page.embedded",
    "<math><mi>seen</mi></math>, page.formula",
    "<p hidden>seen</p>, page.hidden",
    "<ruby><rt>seen</rt></ruby>, page.ruby",
    "<title>seen</title>, page.head",
  })
  void whatIsLeftOutIsCounted(String page, String rule) {
    html(page + "<p>after</p>");

    assertThat(texts()).containsExactly("after");
    assertThat(leftOut).isEqualTo(Map.of(rule, 4L));
  }

  @Test
  void insertedAndStruckTextAndControlsDoNotCutALine() {
    html("<p>one <ins>two</ins> three<del>x</del><button>b</button><script>s</script> four</p>");

    assertThat(texts()).containsExactly("one two threex four");
  }

  @Test
  void readingsAboveCharactersAreNotRunIntoThem() {
    html(
        "<p>その<ruby>言葉<rt>ことば</rt></ruby>が<ruby>表<rp>（</rp><rt>ひょう<rp>）</rp>示<rt>じ</ruby>された<ruby><rb>時<rtc><rt>とき</rtc></ruby>。</p>");

    assertThat(texts()).containsExactly("その言葉が表示された時。");
    assertThat(leftOut).isEqualTo(Map.of("page.ruby", 11L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<pre>a\n  b</pre>",
        "<pre><code>a\n  b</code></pre>",
        "<pre><span><b>a\n</b></span><i>  b</i></pre>",
        "<pre>a<br>  b</pre>",
        "<xmp>a\n  b</xmp>",
        "<listing><tt>a\n  b</tt></listing>",
      })
  void linesOfPreformattedTextStay(String page) {
    html(page);

    assertThat(candidates.stream().map(c -> c.document().text())).containsExactly("a\n  b");
  }

  @Test
  void nestingIsFlattenedNotFollowedAndNoTextIsLost() {
    html("<div>".repeat(100_000) + "deep" + "</div>".repeat(100_000) + "<p>after</p>");
    html("<ul><li>".repeat(20_000) + "list");
    html("<table><tr><td>".repeat(20_000) + "cell");
    html("<b>".repeat(100_000) + "bold");

    assertThat(texts()).containsExactly("deep", "after", "list", "cell", "bold");
    assertThat(quarantined).isEmpty();
  }

  @Test
  void elementsThatCloseThemselvesAreNoNesting() {
    html("<p>before</p><svg>" + "<path d=\"M0 0\"/>".repeat(5_000) + "</svg><p>after</p>");

    assertThat(texts()).containsExactly("before", "after");
  }

  @Test
  void pagesThatWouldGrowWithoutBoundAreQuarantined() {
    html("<script></SCRIPT>" + "<b id=x><i><a href=y><p>".repeat(100_000));
    html("<p>x</p>".repeat(PageParser.MOST_ELEMENTS));

    assertThat(candidates).isEmpty();
    assertThat(quarantined)
        .hasSize(2)
        .allMatch(quarantine -> quarantine.rule().equals("page.too-complex"));
  }

  @Test
  void longPagesThatAreNoTroubleToParseAreRead() {
    String open = "<p>text<li>item<td>cell<br><img src=x>";
    html(open.repeat(10_000));
    html("<script>" + "'<div><b>'".repeat(9_000) + "</script><!--" + "<i>".repeat(9_000) + "-->");

    assertThat(quarantined).isEmpty();
    assertThat(candidates).hasSizeGreaterThan(10_000);
  }

  /// The parser drops what stands there, and says nothing of it.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "<p>kept</p><a href=\"x><p>lost</p>",
        "<p>kept</p><p lost text",
        "<head><script src=x /></head><p>lost</p>",
        "<title/><p>lost</p>",
        "<p>kept</p><textarea/><p>lost</p>",
        "<p>kept</p><!-- lost",
        "<frameset><frame src=x><p>lost</p></frameset>",
      })
  void aPageOfWhichThePartThatIsReadIsNotTheWholeIsQuarantined(String page) {
    html(page);

    assertThat(candidates).isEmpty();
    assertThat(quarantined)
        .singleElement()
        .satisfies(one -> assertThat(one.rule()).isEqualTo("page.incomplete"));
  }

  @Test
  void manyTablesThatAreNeverClosedAreTooMuch() {
    html("<table>x<b>y".repeat(87_000));

    assertThat(quarantined)
        .singleElement()
        .satisfies(one -> assertThat(one.rule()).isEqualTo("page.too-complex"));
  }
}
