package org.dure.core;

/// One piece of text with where it came from.
///
/// @param id unique within its corpus, e.g. `scalc/01/04060184.html#par_id3149001`; the same id in
///     two languages' corpora names the same content
/// @param language code of the [LanguageProfile] it was read for
/// @param text NFC once the corpus pipeline has normalised it
/// @param source file or package it was read from
/// @param licence SPDX identifier or a short name; `unknown` where none is recorded
public record Document(String id, String language, String text, String source, String licence) {
  public Document withText(String replacement) {
    return new Document(id, language, replacement, source, licence);
  }
}
