package org.dure.corpus.read;

/// Input that could not be taken as a document: counted and written down, and the run goes on.
///
/// @param rule what is wrong, e.g. `encoding.utf-8`
/// @param file path relative to the input folder, with `/`
/// @param place byte offset or line within the file; empty where the whole file is meant
/// @param found what was there
/// @param expected what should have been there
public record Quarantine(String rule, String file, String place, String found, String expected) {
  static final String ENCODING = "encoding.utf-8";
  static final String BINARY = "encoding.binary";
  static final String UNREADABLE = "file.unreadable";
  static final String DAMAGED = "file.damaged";
  static final String TOO_LARGE = "file.too-large";
  static final String TOO_COMPLEX = "page.too-complex";
  static final String INCOMPLETE = "page.incomplete";
  static final String TOO_LONG = "document.too-long";
  static final String RECORD = "record.malformed";

  /// How what was set aside may be made text; empty where it is none, or is text already.
  public String advice() {
    if (expected.contains("not UTF-16")) {
      return "iconv -f UTF-16 -t UTF-8 converts it, if it is UTF-16";
    }
    return rule.equals(ENCODING) ? "iconv -f EUC-KR -t UTF-8 converts, for example" : "";
  }
}
