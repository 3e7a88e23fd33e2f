package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.dure.core.Extent;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The console in a real browser. Skipped where chromium or chromedriver is not installed, which is
/// a failure where the environment says `CI=true`.
@Tag("browser")
final class ConsoleBrowserTest {
  private static final String TAB = "\uE004";
  private static final String ENTER = "\uE007";
  private static final List<String> PAGES =
      List.of("/", "/borders", "/rounds", "/rounds/2", "/evaluation", "/release");
  private static final List<Integer> WIDTHS = List.of(360, 768, 980, 1280);

  private static ConsoleBrowser browser;

  @TempDir static Path folder;

  private final AtomicReference<StudyStatus> status =
      new AtomicReference<>(ConsoleSamples.training(3, 4));
  private Console console;

  private static void open() throws Exception {
    boolean required = "true".equals(System.getenv("CI"));
    boolean installed = ConsoleBrowser.installed().isPresent();
    String missing = "chromium and chromedriver are not installed: browser tests are skipped";
    if (required) {
      assertThat(installed).as(missing + ", but CI=true").isTrue();
    }
    assumeTrue(installed, missing);
    browser = ConsoleBrowser.start();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
    }
  }

  /// Opens it here, not before all: Surefire would report nothing of tests skipped as a class.
  @BeforeEach
  void start() throws Exception {
    if (browser == null) {
      open();
    }
    // A page of a console that is gone asks for it again and again, and complains.
    browser.go("about:blank");
    List<String> unused = browser.complaints();
    Path release = ConsolePreview.release(folder.resolve("release/ko"));
    ConsoleExtras extras =
        new ConsoleExtras(
            Optional::empty,
            () -> List.of(ConsolePreview.shown("ko", release, ConsoleExtras.Verification.VERIFIED)),
            Optional.of(URI.create("http://127.0.0.1:8400/")));
    console = Console.start(status::get, extras, "127.0.0.1", 0);
    browser.width(1280, 900);
    browser.colours("light");
  }

  @AfterEach
  void stop() {
    if (console != null) {
      console.close();
    }
  }

  private void go(String path) throws Exception {
    browser.go(console.address() + path.substring(1));
  }

  /// What every visit must be free of: script errors, refused resources, policy violations.
  private static void assertNoComplaints() throws Exception {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void valuesFollowTheStudyWithoutReload() throws Exception {
    go("/?lang=en");
    browser.run("window.marked = true; document.querySelector('.brand').focus()");
    assertThat(browser.text("return document.getElementById('status').textContent"))
        .startsWith("Round 4 of 15 is open");
    status.set(ConsoleSamples.training(8, 2));
    browser.await(
        "return document.getElementById('status').textContent.startsWith('Round 9 of 15')");
    browser.await("return document.querySelector('.facts progress').value === 540");
    assertThat(browser.text("return document.querySelectorAll('.curve.main')[0].getAttribute('d')"))
        .hasSizeGreaterThan(60);
    status.set(ConsoleSamples.finished());
    browser.await("return document.querySelector('.phase').textContent === 'Finished'");
    assertThat(browser.run("return window.marked")).isEqualTo(true);
    assertThat(browser.run("return document.activeElement.className")).isEqualTo("brand");
    assertNoComplaints();
  }

  @Test
  void whatAReaderUnfoldedStaysUnfolded() throws Exception {
    go("/borders?lang=en");
    assertThat(browser.run("return document.querySelector('main details').open")).isEqualTo(false);
    browser.click("main summary");
    assertThat(browser.run("return document.querySelector('main details').open")).isEqualTo(true);
    status.set(ConsoleSamples.training(5, 0));
    browser.await("return document.querySelector('footer').textContent.includes('2:15:20')");
    assertThat(browser.run("return document.querySelector('main details').open")).isEqualTo(true);
  }

  @Test
  void aHubThatIsGoneIsSaidAndItsReturnToo() throws Exception {
    go("/?lang=fr");
    browser.await("return document.getElementById('lost').hidden");
    int port = console.port();
    console.close();
    browser.await("return !document.getElementById('lost').hidden");
    assertThat(browser.text("return document.getElementById('lost').innerText"))
        .startsWith("Le concentrateur ne répond pas.");
    console = Console.start(status::get, ConsoleExtras.none(), "127.0.0.1", port);
    browser.await("return document.getElementById('lost').hidden");
    var expected = browser.complaints();
    assertThat(expected).allMatch(line -> line.contains("ERR_") || line.contains("/events"));
  }

  @Test
  void noPageIsWiderThanTheScreenInAnyLanguage() throws Exception {
    // The longest words and the widest letters; all five with --long.
    List<String> languages = Extent.of(List.of("fr", "ko"), Messages.LANGUAGES);
    for (StudyStatus picture : List.of(ConsoleSamples.finished(), ConsoleSamples.oneAbsent())) {
      console.close();
      status.set(picture);
      start();
      for (String language : languages) {
        for (String page : PAGES) {
          go(page + "?lang=" + language);
          for (int width : WIDTHS) {
            browser.width(width, 800);
            assertThat(browser.run("return document.documentElement.scrollWidth"))
                .as(page + " in " + language + " at " + width)
                .isEqualTo(width);
          }
        }
      }
    }
    assertNoComplaints();
  }

  @Test
  void onAPhoneNoPageIsLongAndTheHeaderShowsEveryPageInOneRow() throws Exception {
    console.close();
    status.set(ConsoleSamples.training(120, 3));
    start();
    browser.width(390, 844);
    for (String language : List.of("ko", "vi", "en")) {
      for (String page : PAGES) {
        go(page + "?lang=" + language);
        String name = page + " in " + language;
        Object height = browser.run("return document.documentElement.scrollHeight");
        assertThat(((Number) height).intValue()).as(name).isLessThan(5 * 844);
        Object header = browser.run("return document.querySelector('header').offsetHeight");
        assertThat(((Number) header).intValue()).as(name).isLessThan(60);
      }
    }
    for (String language : Messages.LANGUAGES) {
      for (int width : List.of(320, 390, 600, 740, 1024)) {
        browser.width(width, 844);
        go("/?lang=" + language);
        Object shown =
            browser.run(
                "const edges = [...document.querySelectorAll('.top a, .top summary')].filter(a =>"
                    + " !a.closest('details ul')).map(a => a.getBoundingClientRect()); return"
                    + " edges.length === 7 && edges.every(box => box.left >= 0 && box.right <="
                    + " innerWidth && box.height > 0)");
        assertThat(shown).as(language + " at " + width).isEqualTo(true);
      }
    }
  }

  @Test
  void longNamesOfPeersDoNotWidenThePage() throws Exception {
    status.set(ConsoleSamples.hostile("<b>wide".repeat(60)));
    browser.width(360, 800);
    for (String page : List.of("/", "/borders", "/rounds", "/rounds/1", "/evaluation")) {
      go(page + "?lang=en");
      assertThat(browser.run("return document.documentElement.scrollWidth"))
          .as(page)
          .isEqualTo(360);
      String bold =
          "return [...document.querySelectorAll('b')].some(b => b.textContent.includes('wide'))";
      assertThat(browser.run(bold)).as(page).isEqualTo(false);
    }
    assertNoComplaints();
  }

  @Test
  void theTabKeyReachesEverythingInTheOrderOfThePage() throws Exception {
    for (String page : PAGES) {
      go(page + "?lang=ko");
      Object count =
          browser.run(
              "window.all = [...document.querySelectorAll('a[href], summary, button, input')]"
                  + ".filter(e => e.checkVisibility()); return all.length");
      List<Object> reached = new ArrayList<>();
      List<Object> expected = new ArrayList<>();
      for (int i = 0; i < ((Number) count).intValue(); i++) {
        browser.press(TAB);
        expected.add((long) i);
        Object index = browser.run("return all.indexOf(document.activeElement)");
        reached.add(((Number) index).longValue());
        assertThat(
                browser.run(
                    "const s = getComputedStyle(document.activeElement);"
                        + " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2"))
            .as(page + " shows where the focus is")
            .isEqualTo(true);
      }
      assertThat(reached).as(page).isEqualTo(expected);
    }
  }

  @Test
  void theSkipLinkLeadsToTheContent() throws Exception {
    go("/?lang=en");
    browser.press(TAB);
    assertThat(browser.run("return document.activeElement.className")).isEqualTo("skip");
    assertThat(browser.run("return document.activeElement.getBoundingClientRect().top >= 0"))
        .isEqualTo(true);
    browser.press(ENTER);
    browser.await("return document.activeElement.id === 'content'");
  }

  @Test
  void theLanguageSwitchesAndIsRemembered() throws Exception {
    go("/rounds?lang=en");
    browser.click(".languages summary");
    browser.click("a[hreflang=ja]");
    browser.await("return document.documentElement.lang === 'ja'");
    assertThat(browser.text("return document.querySelector('h1').textContent")).isEqualTo("ラウンド");
    browser.click("a[href='/evaluation']");
    browser.await("return location.pathname === '/evaluation'");
    assertThat(browser.text("return document.querySelector('h1').textContent")).isEqualTo("評価");
    assertNoComplaints();
  }

  @Test
  void everyTextHasEnoughContrastInBothColourSchemes() throws Exception {
    status.set(ConsoleSamples.oneAbsent());
    for (String scheme : List.of("light", "dark")) {
      browser.colours(scheme);
      for (String page : PAGES) {
        go(page + "?lang=en");
        assertThat((List<?>) browser.run(CONTRAST)).as(page + " " + scheme).isEmpty();
      }
    }
  }

  /// Lists texts whose contrast to the background below them is under 4.5 (WCAG 2.2, 1.4.3).
  private static final String CONTRAST =
      """
      const parse = c => c.match(/[\\d.]+/g).map(Number);
      const light = c => {
        const [r, g, b] = c.map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = e => {
        for (; e; e = e.parentElement) {
          const c = parse(getComputedStyle(e).backgroundColor);
          if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
        }
        return [255, 255, 255];
      };
      const weak = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !e.getClientRects().length) continue;
        const style = getComputedStyle(e);
        const ink = parse(e instanceof SVGElement ? style.fill : style.color).slice(0, 3);
        const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) weak.push(walker.currentNode.data);
      }
      return weak;
      """;

  @Test
  void landmarksAndNamesAreWhereScreenReadersLookForThem() throws Exception {
    for (String page : PAGES) {
      go(page + "?lang=vi");
      Object tree = browser.devtools("Accessibility.getFullAXTree", Map.of());
      List<String> unnamed = new ArrayList<>();
      List<String> roles = new ArrayList<>();
      for (Object node : (List<?>) ((Map<?, ?>) tree).get("nodes")) {
        Map<?, ?> entry = (Map<?, ?>) node;
        if (!Boolean.TRUE.equals(entry.get("ignored"))) {
          String role = value(entry.get("role"));
          roles.add(role);
          if (List.of("link", "table", "image", "progressbar", "navigation", "heading")
                  .contains(role)
              && value(entry.get("name")).isBlank()) {
            unnamed.add(role);
          }
        }
      }
      assertThat(unnamed).as(page).isEmpty();
      assertThat(roles).as(page).contains("banner", "navigation", "main", "contentinfo", "heading");
    }
  }

  @Test
  void theFirstPageIsWholeWithoutJavaScript() throws Exception {
    browser.devtools("Emulation.setScriptExecutionDisabled", Map.of("value", true));
    try {
      go("/?lang=en");
      Object page = browser.devtools("DOM.getDocument", Map.of("depth", 0));
      Object root = ((Map<?, ?>) ((Map<?, ?>) page).get("root")).get("nodeId");
      Object html = browser.devtools("DOM.getOuterHTML", Map.of("nodeId", root));
      assertThat(String.valueOf(((Map<?, ?>) html).get("outerHTML")))
          .contains("Round 4 of 15", "curve main", "Reload the page to see what is new.");
    } finally {
      browser.devtools("Emulation.setScriptExecutionDisabled", Map.of("value", false));
    }
  }

  private static String value(Object property) {
    return property instanceof Map<?, ?> map ? String.valueOf(map.get("value")) : "";
  }
}
