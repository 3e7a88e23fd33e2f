/// Finds the documents in a person's folder of text, and sets aside what cannot be read.
///
/// ```
/// a folder, or one file
///   | FolderWalk: every file; other kinds -> unread
/// .txt .html .htm .jsonl .ndjson, each also .gz .zst .xz .bz2
///   | Inventory: every byte is hashed and checked for UTF-8; bad files -> quarantined
///   | PlainText, HtmlPage, JsonLines: candidates, in order; bad records -> quarantined;
///   |   text of pages that is not content -> counted
///   v
/// Reading
/// ```
///
/// # Input
///
/// Files are taken in the order of their paths (UTF-16 units, `/` between folders; a path is its
/// bytes, see [org.dure.core.FileNames]), links to folders are not followed, hidden files and
/// folders (`.name`) are not read. All text is UTF-8, with or without a byte order mark. A line
/// ends at LF, CR or CRLF. A compressed file may hold several streams, of which all must be whole:
/// it is decompressed once to check it and once to read it, so a damaged one contributes nothing.
///
/// - `.txt`: a document a paragraph; see [PlainText]. Its id is `PATH:LINE`.
/// - `.html`, `.htm`: a document a block of text; see [HtmlPage]. Its id is `PATH#ELEMENT` where
///   the block's element has an id that no earlier block of the page has, otherwise
///   `PATH:NUMBER`.
/// - `.jsonl`, `.ndjson`: a document an object; see [JsonLines]. Its id is the object's,
///   otherwise `PATH:LINE`.
///
/// A document has at most 1,048,576 UTF-16 units; a longer line, block or record is quarantined as
/// `document.too-long`, a block of lines is cut at a line end instead. An HTML file has at most 8
/// MiB of content, and one of more than 400,000 elements is quarantined as `page.too-complex`. A
/// file with a byte that is not UTF-8, or a NUL, is left out whole.
@NullMarked
package org.dure.corpus.read;

import org.jspecify.annotations.NullMarked;
