package org.dure.core;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.IllformedLocaleException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/// The files of language profiles: which of them the program brings along, and what their keys say.
///
/// It brings along every `profiles/CODE.toml` beside this class, in its jar or its folder, so that
/// a file is all that a language needs.
final class ProfileFiles {
  private static final String FOLDER = "profiles/";
  private static final String ENDING = ".toml";

  private ProfileFiles() {}

  /// Codes of the profiles in the program, in alphabetical order.
  static List<String> codes() {
    URL folder = ProfileFiles.class.getResource("/" + FOLDER);
    if (folder == null) {
      throw new DureException(ErrorCode.INTERNAL, FOLDER + " is not in the program");
    }
    try {
      return folder.openConnection() instanceof JarURLConnection jar ? in(jar) : in(folder);
    } catch (IOException | URISyntaxException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot read " + folder, e);
    }
  }

  private static List<String> in(JarURLConnection connection) throws IOException {
    connection.setUseCaches(false);
    try (JarFile jar = connection.getJarFile()) {
      return codes(
          jar.stream()
              .map(ZipEntry::getName)
              .filter(name -> name.startsWith(FOLDER))
              .map(name -> name.substring(FOLDER.length())));
    }
  }

  private static List<String> in(URL folder) throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
      return codes(files.map(file -> file.getFileName().toString()));
    }
  }

  private static List<String> codes(Stream<String> names) {
    return names
        .filter(name -> name.endsWith(ENDING))
        .map(name -> name.substring(0, name.length() - ENDING.length()))
        .sorted()
        .toList();
  }

  /// The file of a code out of [#codes].
  static String text(String code) {
    String resource = "/" + FOLDER + code + ENDING;
    try (InputStream in = ProfileFiles.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DureException(ErrorCode.INTERNAL, resource + " is not in the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot read " + resource, e);
    }
  }

  /// Reads the keys of a profile.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] naming every problem
  static LanguageProfile read(Settings settings) {
    Keys keys = new Keys(settings);
    String code = keys.code();
    String name = keys.name("name", LanguageProfile.inItself(code));
    String englishName = keys.name("english-name", LanguageProfile.inEnglish(code));
    List<String> scripts = keys.scripts("scripts");
    double scriptShare = settings.number("least-script-share", 0.5, 0, 1);
    List<String> required = keys.scripts("required-scripts");
    double requiredShare =
        settings.number("least-required-script-share", required.isEmpty() ? 0 : 0.05, 0, 1);
    List<String> markers = keys.markers();
    LanguageProfile profile =
        new LanguageProfile(
            code,
            name,
            englishName,
            new LanguageProfile.Writing(scripts, scriptShare, required, requiredShare),
            new LanguageProfile.Vocabulary(
                markers,
                settings.number("least-marker-share", markers.isEmpty() ? 0 : 0.1, 0, 1),
                settings.integer("marker-words", 5, 1, 1_000_000)),
            settings.integer("least-characters", 8, 1, 1_000_000),
            settings.truth("spaces", true),
            keys.prompts(name));
    if (scripts.isEmpty()) {
      settings.problem("scripts is missing or empty: expected names such as [\"LATIN\"]");
    }
    settings.finish();
    return profile;
  }

  /// Keys that need more than a type.
  private record Keys(Settings settings) {
    String code() {
      String code = settings.required("code");
      if (settings.has("code")) {
        String tag = tag(code);
        if (tag.isEmpty()) {
          settings.problem(
              "code is \"%s\": expected a BCP 47 code such as \"km\" or \"pt-BR\"".formatted(code));
        } else if (!tag.equals(code)) {
          settings.problem("code is \"%s\": this language is written \"%s\"".formatted(code, tag));
        }
      }
      return code;
    }

    /// The code as BCP 47 writes it; empty where it is none.
    private static String tag(String code) {
      try {
        Locale locale = new Locale.Builder().setLanguageTag(code).build();
        return locale.getLanguage().isEmpty() ? "" : locale.toLanguageTag();
      } catch (IllformedLocaleException e) {
        return "";
      }
    }

    /// A name of the language, which the JDK knows of most.
    String name(String key, Optional<String> known) {
      String name = settings.string(key, known.orElse(""));
      if (name.isBlank()) {
        settings.problem(
            "%s is missing: expected the language's name%s"
                .formatted(key, settings.has(key) ? "" : ", since Java knows none for this code"));
      }
      return name;
    }

    List<String> scripts(String key) {
      List<String> scripts = settings.strings(key, List.of());
      for (String script : scripts) {
        try {
          Character.UnicodeScript unused = Character.UnicodeScript.forName(script);
        } catch (IllegalArgumentException e) {
          TreeSet<String> names = new TreeSet<>();
          Stream.of(Character.UnicodeScript.values()).forEach(known -> names.add(known.name()));
          String near = Settings.nearest(script.toUpperCase(Locale.ROOT), names);
          settings.problem(
              "%s: \"%s\" is not the name of a Unicode script%s"
                  .formatted(
                      key, script, near == null ? "" : " (did you mean %s?)".formatted(near)));
        }
      }
      return scripts;
    }

    /// A marker that holds anything but letters and marks is in no word: it would be ignored.
    List<String> markers() {
      List<String> markers = settings.strings("markers", List.of());
      for (String marker : markers) {
        String normal = Normalizer.normalize(marker, Normalizer.Form.NFC);
        boolean starred = normal.length() > 2 && normal.startsWith("*") && normal.endsWith("*");
        String part = starred ? normal.substring(1, normal.length() - 1) : normal;
        if (part.isEmpty() || !part.codePoints().allMatch(LanguageProfile::isOfWord)) {
          settings.problem(
              "markers: \"%s\" is in no word: expected letters only, between stars for a part of a word"
                  .formatted(marker));
        }
      }
      return markers;
    }

    List<String> prompts(String name) {
      List<String> prompts = settings.strings("prompts", List.of(name));
      if (prompts.isEmpty() || prompts.stream().anyMatch(String::isBlank)) {
        settings.problem("prompts: expected beginnings of sentences, none of them empty");
      }
      return prompts;
    }
  }
}
