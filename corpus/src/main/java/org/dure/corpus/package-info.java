/// From text at home to a corpus, and from a corpus to token shards.
///
/// ```
/// libreoffice-help-ko.deb              a person's folder: .txt .html .htm .jsonl .jsonl.zst
///   | SampleText: apt-get, ar, tar       |
///   v                                    |
/// text.jsonl, LICENCES/ -----------------+
///   | Inventory: every byte is hashed and checked for UTF-8; bad files -> quarantined
///   | PlainText, HtmlPage, JsonLines: candidates, in order; bad records -> quarantined
///   v
/// Pipeline: Normalise, Length, LanguageCheck     pure stages, on all cores (OrderedExecutor)
///   v
/// CorpusWriter: exact duplicates, split          in order, one thread
///   v
/// documents/train.jsonl.zst   documents/heldout.jsonl.zst   dropped/RULE.jsonl.zst   report
///   | Documents
///   | Packer: begin, tokens, end
///   v
/// tokens-00000.bin
/// ```
///
/// # Input
///
/// Files are taken in the order of their paths (UTF-16 units, `/` between folders), links to
/// folders are not followed, hidden files and folders (`.name`) are not read. All text is UTF-8,
/// with or without a byte order mark.
///
/// - `.txt`: a document a paragraph; see [PlainText]. Its id is `PATH:LINE`.
/// - `.html`, `.htm`: a document a block of text; see [HtmlPage]. Its id is `PATH#ELEMENT` where
///   the block's element has an id that no earlier block of the page has, otherwise
///   `PATH:NUMBER`.
/// - `.jsonl`, `.jsonl.zst`: a document an object; see [JsonLines]. Its id is the object's,
///   otherwise `PATH:LINE`.
///
/// A document has at most 1,048,576 UTF-16 units; a longer line, block or record is quarantined as
/// `document.too-long`, a block of lines is cut at a line end instead. An HTML file has at most 8
/// MiB, and one whose tree would be far larger than itself is quarantined as `page.too-complex`. A
/// file with a byte that is not UTF-8, or a NUL, is left out whole.
///
/// # Split
///
/// A document is held out if the first 53 bits of the SHA-256 of its key, as a fraction of one, are
/// below the share. The key is the id that its source gives it (the record's `id`, or
/// `PATH#ELEMENT`), so that a paragraph of a parallel text is held out in every language; where
/// the source gives none, the key is the normalised text.
///
/// # Corpus folder, version 1
///
/// A run folder ([org.dure.core.RunFolder]) whose bytes depend on the input, the profile and the
/// share alone. Files ending in `.jsonl.zst` are one zstd frame (level 3, with checksum) of UTF-8
/// JSON objects without spaces, each ended by LF.
///
/// - `documents/train.jsonl.zst`, `documents/heldout.jsonl.zst`: kept documents in input order,
///   fields `id`, `language`, `text`, `source`, `licence`. Ids are unique: a second document of the
///   same id is called `ID~N`.
/// - `dropped/RULE.jsonl.zst`: what a rule refused, as it was read: `id`, `source`, `licence`,
///   `rule`, `value`, `threshold`, `text`. Rules: `text.broken-encoding`, `text.combining-marks`,
///   `length.characters`, `language.letters`, `language.script`, `language.required-script`,
///   `language.markers`, `duplicate.exact`.
/// - `quarantined.jsonl.zst`: what could not be read: `rule`, `file`, `place`, `found`, `expected`.
///   Rules: `encoding.utf-8`, `encoding.binary`, `file.unreadable`, `file.damaged`,
///   `file.too-large`, `page.too-complex`, `document.too-long`, `record.malformed`.
/// - `report.json` ([CorpusReport.Figures]) and `report.html`, the same for people. Both quote
///   dropped text: they stay where the corpus stays.
///
/// # Packed folder
///
/// `tokens-00000.bin` and so on ([org.dure.tokenizer.TokenShard]) and `report.json`
/// ([PackReport.Figures]), a run folder. Each training document, in order, is its begin token, its
/// tokens and its end token; a shard ends with the document at which it reaches 2^27 tokens.
///
/// # Cache of packages
///
/// `packages/NAME.deb`; `packages.json`, `{"packages": {NAME: {"file", "version", "sha256",
/// "bytes"}}}`, written after apt-get has checked a download; `apt/`, configuration and private
/// lists for apt-get; `lock`.
@NullMarked
package org.dure.corpus;

import org.jspecify.annotations.NullMarked;
