package org.dure.core.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class HtmlWriterTest {
  @Test
  void textAndAttributesCannotBecomeMarkup() {
    String html = new HtmlWriter().element("p", "<b>&\"'", "title", "\"><script>'&").end();
    assertThat(html)
        .isEqualTo("<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">&lt;b&gt;&amp;&quot;&#39;</p>");
  }

  @Test
  void whatWouldHideOrReorderTextIsReplaced() {
    assertThat(new HtmlWriter().text("a\u202Eb\u2066c\u0000d\u0085e\uD800f\uDC00").end())
        .isEqualTo("a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf\uFFFD");
  }

  @Test
  void wholeCharactersOutsideTheBasicPlaneStay() {
    assertThat(new HtmlWriter().text("두레 🌾").end()).isEqualTo("두레 🌾");
  }

  @Test
  void anElementLeftOpenIsADefect() {
    HtmlWriter html = new HtmlWriter().open("main");
    assertThatThrownBy(html::end).hasMessageContaining("main");
  }
}
