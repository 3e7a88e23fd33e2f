/// From text at home to a corpus, and from a corpus to token shards.
///
/// ```
/// libreoffice-help-ko.deb              a person's folder: text, pages, JSON lines
///   | sample.SampleText                  |
///   v                                    |
/// text.jsonl, LICENCES/ -----------------+
///   | read.Inventory: files and documents, in order; what cannot be read -> quarantined
///   v
/// filter.Pipeline                                pure stages, on all cores (OrderedExecutor)
///   v
/// CorpusWriter: exact duplicates, split          in order, one thread
///   v
/// documents/train, dev, heldout.jsonl.zst   dropped/RULE.jsonl.zst   report
///   | Documents
///   | Packer: begin, tokens, end
///   v
/// tokens-00000.bin
/// ```
///
/// The rooms: this one builds, packs and hands out; [org.dure.corpus.read] knows the formats of
/// text,
/// [org.dure.corpus.filter] judges a document, [org.dure.corpus.sample] obtains text to try with.
/// This room uses the first two; none of the three uses another.
///
/// # Split
///
/// A document is not trained on if the first 53 bits of the SHA-256 of its key, as a fraction of
/// one, are below the share: below a third of it, it is for choosing (dev), the rest is for
/// measuring, once (held out). What is near a paragraph tells much of it, so a whole is held out
/// as one
/// where the input shows it: the key of a record is its `id` up to the first `#`
/// (`scalc/01/04060184.html#par_id3150373`: the page), that of a block or paragraph is its file
/// where there are at least a hundred files of pages and text. Of fewer files the key of a block is
/// `PATH#ELEMENT` where the element has an `id`, else the normalised text, as of a paragraph and of
/// a record without an id. So the same page of a parallel text is held out in every language.
///
/// # Corpus folder, version 4
///
/// A run folder ([org.dure.core.RunFolder]) whose bytes depend on the input, the profile and the
/// share alone. Files ending in `.jsonl.zst` are one zstd frame (level 3, with checksum) of UTF-8
/// JSON objects without spaces, each ended by LF.
///
/// - `documents/train.jsonl.zst`, `documents/dev.jsonl.zst`, `documents/heldout.jsonl.zst`:
///   kept documents in input order,
///   fields `id`, `language`, `text`, `source`, `licence`. Ids are unique: a second document of the
///   same id is called `ID~N`.
/// - `dropped/RULE.jsonl.zst`: what a rule refused, as it was read: `id`, `source`, `licence`,
///   `rule`, `value`, `threshold`, `text`. Rules: `text.broken-encoding`, `text.combining-marks`,
///   `length.characters`, `language.letters`, `language.script`, `language.required-script`,
///   `language.markers`, `duplicate.exact`.
/// - `quarantined.jsonl.zst`: what could not be read: `rule`, `file`, `place`, `found`, `expected`.
///   Rules: `encoding.utf-8`, `encoding.binary`, `file.unreadable`, `file.damaged`,
///   `file.too-large`, `page.too-complex`, `page.incomplete`, `document.too-long`,
///   `record.malformed`.
/// - `report.json` ([CorpusReport.Figures]) and `report.html`, the same for people in the corpus's
///   language. Both quote dropped text: they stay where the corpus stays. Text that a page leaves
///   out is only counted there, in code points: `page.head`, `page.script`, `page.style`,
///   `page.template`, `page.noscript`, `page.navigation`, `page.control`, `page.ruby`,
///   `page.formula`, `page.embedded`, `page.header`, `page.footer`, `page.aside`, `page.hidden`,
///   `page.comment`.
///
/// Version 1 knew neither these nor the files that are not read; before version 4 parts of a page
/// and of a file were held out one by one, and nothing was for choosing.
///
/// # Packed folder
///
/// `tokens-00000.bin` and so on ([org.dure.tokenizer.TokenShard]) and `report.json`
/// ([PackReport.Figures]), a run folder. Each training document, in order, is its begin token, its
/// tokens and its end token; a shard ends with the document at which it reaches 2^27 tokens.
@NullMarked
package org.dure.corpus;

import org.jspecify.annotations.NullMarked;
