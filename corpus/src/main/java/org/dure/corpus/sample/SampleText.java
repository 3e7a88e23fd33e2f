package org.dure.corpus.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.RunFolder;
import org.dure.core.runtime.Progress;
import org.dure.core.runtime.UserFolder;
import org.jspecify.annotations.Nullable;

/// Obtains the LibreOffice help, a text that exists in many languages paragraph by paragraph, from
/// the Linux distribution's own packages `libreoffice-help-LANGUAGE` (MPL-2.0).
///
/// The packages come through `apt-get download`, which checks them against the distribution's
/// signed lists and needs no root; they are kept in a cache folder with their digests and
/// unpacked here. A paragraph's id is its page and the id of its HTML element,
/// `scalc/01/04060184.html#par_id3150373`: the same paragraph in every language.
public final class SampleText {
  /// Under which the help is published.
  static final String LICENCE = "MPL-2.0";

  /// Raised whenever the same package would give other bytes.
  private static final int FORMAT = 1;

  private static final Pattern LANGUAGE = Pattern.compile("[a-z]{2,3}(-[a-z]{2,4})?");
  private static final Pattern PAGE =
      Pattern.compile("usr/share/libreoffice/help/[^/]+/text/(.+\\.html)");

  private SampleText() {}

  /// Hears what is going on.
  public interface Listener {
    /// Something worth a line: a download begins, a corrupt file is fetched again.
    void message(String text);

    /// How far the current step is.
    ///
    /// @param share 0 to 1
    void progress(String step, double share);

    /// Prints to the standard error output; progress as [Progress] shows it.
    static Listener console() {
      return new Listener() {
        private @Nullable Progress line;
        private String shown = "";

        @Override
        public synchronized void message(String text) {
          end();
          Progress.message(text);
        }

        @Override
        public synchronized void progress(String step, double share) {
          if (line == null || !shown.equals(step)) {
            end();
            line = new Progress(step, "%", 100);
            shown = step;
          }
          line.update(Math.round(share * 100), "");
          if (share >= 1) {
            end();
          }
        }

        private void end() {
          if (line != null) {
            line.close();
            line = null;
          }
        }
      };
    }
  }

  /// Where packages are kept that were fetched: the user's folder of caches.
  public static Path defaultCache() {
    return UserFolder.place();
  }

  /// Puts the help of each language into `out/LANGUAGE/`: `text.jsonl` (id, text, source, licence)
  /// in the order of the pages' names, `LICENCES/` with the package's copyright file and a record,
  /// and a manifest. A folder that is already there is left as it is.
  ///
  /// @param languages codes as in the packages' names, e.g. `ko`
  /// @param cache folder for packages and, where needed, package lists; may be shared
  /// @throws DureException [ErrorCode#TEXT_UNAVAILABLE] if there is no apt-get, no network or no
  ///     such package and the cache does not hold it; [ErrorCode#INPUT_MALFORMED] if a package is
  ///     not what it should be; [ErrorCode#HOME_CONFLICT] if a folder holds something else
  public static SampleReport obtain(
      List<String> languages, Path cache, Path out, Listener listener) {
    return obtain(languages, AptPackages.of(cache, listener), out);
  }

  static SampleReport obtain(List<String> languages, AptPackages packages, Path out) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String language : languages) {
      if (!LANGUAGE.matcher(language).matches()) {
        throw new DureException(
            ErrorCode.LANGUAGE_UNKNOWN,
            "\"%s\" is no language code: expected one such as ko or pt-br".formatted(language));
      }
      RunFolder.refuseForeign(out.resolve(language));
      names.put(language, "libreoffice-help-" + language);
    }
    Map<String, AptPackages.Cached> cached = packages.obtain(List.copyOf(names.values()));
    List<SampleReport.Language> reports = new ArrayList<>();
    Set<String> shared = new HashSet<>();
    names.forEach(
        (language, name) -> {
          AptPackages.Cached debian = cached.get(name);
          if (debian == null) {
            throw new DureException(ErrorCode.INTERNAL, name + " was not obtained");
          }
          Path folder = out.resolve(language);
          boolean extracted = extract(name, debian, folder);
          Set<String> ids = new HashSet<>();
          long characters = read(folder.resolve("text.jsonl"), ids);
          if (reports.isEmpty()) {
            shared.addAll(ids);
          } else {
            shared.retainAll(ids);
          }
          reports.add(
              new SampleReport.Language(
                  language,
                  name,
                  debian.version(),
                  debian.sha256(),
                  ids.size(),
                  characters,
                  !extracted));
        });
    return new SampleReport(reports, shared.size());
  }

  /// A line of `text.jsonl`.
  record Paragraph(String id, String text, String source, String licence) {}

  /// `LICENCES/record.json`.
  record LicenceRecord(
      String packageName,
      String version,
      String sha256,
      String licence,
      String copyrightFile,
      long documents) {}

  private static boolean extract(String name, AptPackages.Cached debian, Path folder) {
    return RunFolder.run(
        folder,
        "sample",
        "format = %d%n".formatted(FORMAT),
        Map.of(name, debian.sha256()),
        part -> fill(part, name, debian));
  }

  private static void fill(Path part, String name, AptPackages.Cached debian) throws IOException {
    Help help = new Help(name);
    DebianPackage.read(debian.file(), help);
    String source = "%s %s ".formatted(name, debian.version());
    long[] count = {0};
    AtomicFiles.write(
        part.resolve("text.jsonl"),
        out -> {
          for (Map.Entry<String, Page> page : help.pages.entrySet()) {
            count[0] += write(out, page.getKey(), page.getValue(), source);
          }
        });
    if (count[0] == 0) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s holds no help paragraphs: expected pages in usr/share/libreoffice/help/*/text"
              .formatted(debian.file()));
    }
    Path licences = Files.createDirectory(part.resolve("LICENCES"));
    String copyright = name + ".copyright";
    Files.write(licences.resolve(copyright), help.copyright);
    LicenceRecord record =
        new LicenceRecord(name, debian.version(), debian.sha256(), LICENCE, copyright, count[0]);
    Files.writeString(licences.resolve("record.json"), Json.pretty(record));
  }

  private static long write(OutputStream out, String path, Page page, String source)
      throws IOException {
    for (HelpPages.Paragraph paragraph : page.paragraphs()) {
      out.write(
          Json.bytes(
              new Paragraph(
                  path + "#" + paragraph.id(), paragraph.text(), source + page.file(), LICENCE)));
      out.write('\n');
    }
    return page.paragraphs().size();
  }

  /// @param file full name in the package
  private record Page(String file, List<HelpPages.Paragraph> paragraphs) {}

  /// Collects the pages of a package, by their path below `text/`.
  private static final class Help implements DebianPackage.Visitor {
    private final String copyrightName;
    private final TreeMap<String, Page> pages = new TreeMap<>();
    private byte[] copyright = new byte[0];

    Help(String packageName) {
      this.copyrightName = "usr/share/doc/%s/copyright".formatted(packageName);
    }

    @Override
    public boolean wants(String member, String name) {
      return member.equals("data") && (name.equals(copyrightName) || PAGE.matcher(name).matches());
    }

    @Override
    public void file(String member, String name, byte[] content) {
      Matcher page = PAGE.matcher(name);
      if (page.matches()) {
        String html = new String(content, StandardCharsets.UTF_8);
        pages.put(page.group(1), new Page(name, HelpPages.paragraphs(html)));
      } else {
        copyright = content;
      }
    }
  }

  /// Collects the ids of a `text.jsonl` and counts its characters.
  private static long read(Path file, Set<String> ids) {
    long characters = 0;
    try (BufferedReader in = Files.newBufferedReader(file)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        Paragraph paragraph = Json.read(line, Paragraph.class);
        ids.add(paragraph.id());
        characters += paragraph.text().codePointCount(0, paragraph.text().length());
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return characters;
  }
}
