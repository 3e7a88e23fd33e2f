package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dure.core.Json;
import org.dure.core.Settings;
import org.junit.jupiter.api.Test;

/// Holds the message files of every module to the one glossary of the user interface.
class GlossaryTest {
  private static final List<String> LANGUAGES = List.of("ko", "ja", "fr", "vi", "en");
  private static final String RESOURCE = "/org/dure/core/glossary.toml";
  private static final Path ROOT = Path.of("..");
  private static final Pattern PROPERTIES = Pattern.compile(".+_(ko|ja|fr|vi|en)\\.properties");

  /// Languages whose scripts do not put spaces between a word and what follows it.
  private static final Set<String> WITHOUT_WORD_ENDS = Set.of("ko", "ja");

  private static final List<Term> TERMS = readGlossary();

  /// @param words the word to use, by language
  /// @param turnedDown words not to use, by language
  /// @param elsewhere keys of texts where those words mean something else
  private record Term(
      String name,
      Map<String, String> words,
      Map<String, List<String>> turnedDown,
      List<String> elsewhere) {}

  private record Text(String file, String language, String key, String text) {
    private Text {
      text = Normalizer.normalize(text, Normalizer.Form.NFC).replace('\u00a0', ' ');
    }
  }

  private static List<Term> readGlossary() {
    Settings settings;
    try (InputStream in = GlossaryTest.class.getResourceAsStream(RESOURCE)) {
      assertThat(in).as(RESOURCE).isNotNull();
      settings = Settings.parse(RESOURCE, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<Term> terms = new ArrayList<>();
    for (String name : settings.names("term")) {
      String key = "term." + name + ".";
      assertThat(settings.required(key + "about")).as(key + "about").isNotBlank();
      Map<String, String> words = new LinkedHashMap<>();
      Map<String, List<String>> turnedDown = new LinkedHashMap<>();
      for (String language : LANGUAGES) {
        words.put(language, settings.required(key + language));
        turnedDown.put(language, settings.strings(key + "not." + language, List.of()));
      }
      terms.add(new Term(name, words, turnedDown, settings.strings(key + "elsewhere", List.of())));
    }
    settings.finish();
    return terms;
  }

  /// Every text of every message file below a module's resources.
  private static List<Text> texts() throws IOException {
    List<Text> texts = new ArrayList<>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.sorted().toList()) {
        Path resources = module.resolve("src/main/resources");
        if (Files.isDirectory(resources)) {
          try (Stream<Path> files = Files.walk(resources)) {
            for (Path file : files.sorted().toList()) {
              texts.addAll(texts(file));
            }
          }
        }
      }
    }
    return texts;
  }

  private static List<Text> texts(Path file) throws IOException {
    String name = ROOT.relativize(file).toString();
    List<Text> texts = new ArrayList<>();
    Matcher language = PROPERTIES.matcher(file.getFileName().toString());
    if (language.matches()) {
      Properties properties = new Properties();
      try (Reader in = Files.newBufferedReader(file)) {
        properties.load(in);
      }
      properties.forEach(
          (key, text) ->
              texts.add(new Text(name, language.group(1), key.toString(), text.toString())));
    } else if (file.getFileName().toString().equals("messages.json")) {
      Json.object(file)
          .forEach(
              (code, of) ->
                  ((Map<?, ?>) of)
                      .forEach(
                          (key, text) ->
                              texts.add(new Text(name, code, key.toString(), text.toString()))));
    }
    return texts;
  }

  /// Finds a word in texts of the language.
  private static Pattern pattern(String language, String word) {
    String sought = Pattern.quote(Normalizer.normalize(word, Normalizer.Form.NFC));
    if (!WITHOUT_WORD_ENDS.contains(language)) {
      sought = "(?<!\\p{L})" + sought + "(?!\\p{L})";
    }
    return Pattern.compile(sought, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
  }

  /// What is wrong with a text: a line for each word in it that the glossary turns down.
  private static List<String> faults(Text text) {
    List<String> faults = new ArrayList<>();
    for (Term term : TERMS) {
      if (term.elsewhere().contains(text.key())) {
        continue;
      }
      String right = term.words().get(text.language());
      String rest = pattern(text.language(), right).matcher(text.text()).replaceAll("\0");
      for (String word : term.turnedDown().get(text.language())) {
        if (pattern(text.language(), word).matcher(rest).find()) {
          faults.add(
              "%s: %s says \"%s\"; the word for %s is \"%s\""
                  .formatted(text.file(), text.key(), word, term.name(), right));
        }
      }
    }
    return faults;
  }

  @Test
  void everyTermHasAWordInEveryLanguageThatSomeTextUses() throws IOException {
    List<Text> texts = texts();
    List<String> unused = new ArrayList<>();
    assertThat(TERMS).hasSizeGreaterThan(20);
    for (Term term : TERMS) {
      assertThat(term.words().keySet()).containsExactlyElementsOf(LANGUAGES);
      assertThat(term.words().values()).as(term.name()).noneMatch(String::isBlank);
      term.words()
          .forEach(
              (language, word) -> {
                Pattern pattern = pattern(language, word);
                if (texts.stream()
                    .noneMatch(
                        text ->
                            text.language().equals(language)
                                && pattern.matcher(text.text()).find())) {
                  unused.add("%s in %s: %s".formatted(term.name(), language, word));
                }
              });
    }
    assertThat(unused).isEmpty();
  }

  @Test
  void everyMessageFileUsesTheGlossarysWords() throws IOException {
    List<Text> texts = texts();
    assertThat(texts.stream().map(Text::file).distinct())
        .anyMatch(file -> file.endsWith("console_ko.properties"))
        .anyMatch(file -> file.endsWith("report_vi.properties"))
        .anyMatch(file -> file.endsWith("messages.json"));
    assertThat(texts.stream().flatMap(text -> faults(text).stream())).isEmpty();
  }

  /// A count before a noun in the plural, e.g. `{arrived} regions`, in a language that has a
  /// singular; measures, e.g. `{times} times`, are hardly ever one.
  private static final Map<String, Pattern> COUNTED =
      Map.of(
          "en",
              Pattern.compile(
                  "\\{\\w+} (?!is\\b|has\\b|was\\b|times\\b|bits\\b|s\\b)(\\p{L}+s|have|are)\\b"),
          "fr",
              Pattern.compile(
                  "\\{\\w+}["
                      + " \u00a0](?!fois\\b|après\\b|bits\\b|sortis\\b|entrés\\b|s\\b)(\\p{L}+s|ont|sont)\\b"));

  @Test
  void whatIsCountedHasASingularWhereTheLanguageHasOne() throws IOException {
    List<Text> texts = texts();
    Set<String> known =
        texts.stream().map(text -> text.file() + " " + text.key()).collect(Collectors.toSet());
    assertThat(texts)
        .filteredOn(text -> COUNTED.containsKey(text.language()))
        .filteredOn(text -> !text.key().endsWith(".one"))
        .filteredOn(text -> COUNTED.get(text.language()).matcher(text.text()).find())
        .hasSizeGreaterThan(8)
        .filteredOn(text -> !known.contains(text.file() + " " + text.key() + ".one"))
        .isEmpty();
  }

  @Test
  void anExceptionIsOnlyForAKeyThatExists() throws IOException {
    Set<String> keys = texts().stream().map(Text::key).collect(Collectors.toSet());
    for (Term term : TERMS) {
      assertThat(keys).as(term.name()).containsAll(term.elsewhere());
    }
  }

  @Test
  void aTurnedDownWordIsNamedWithTheWordToUse() {
    assertThat(faults(new Text("x.properties", "vi", "a.key", "Mất mát cuối cùng")))
        .containsExactly(
            "x.properties: a.key says \"mất mát\"; the word for loss is \"độ mất mát\"");
    assertThat(faults(new Text("x.properties", "vi", "a.key", "Độ mất mát cuối cùng"))).isEmpty();
    assertThat(faults(new Text("x.properties", "fr", "a.key", "les tokens et les étapes")))
        .hasSize(2);
    assertThat(faults(new Text("x.properties", "fr", "stage", "Étape"))).isEmpty();
    assertThat(faults(new Text("x.properties", "fr", "a.key", "Seule\u00a0: perte"))).hasSize(1);
    assertThat(faults(new Text("x.properties", "en", "a.key", "Seatbelts"))).isEmpty();
  }
}
