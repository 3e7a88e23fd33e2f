/// How good a model is, measured where the text is, with its uncertainty, and told in five
/// languages.
///
/// ```text
/// held-out documents --+
///                      +--> BitsPerByte (at home) --+--> Comparison --scores--> (leaves the
/// region) LanguageModel -------+        start, belt, twin   |        | |        v +-->
/// EvaluationReport --> evaluation.json | loss curves, border bytes, timings, samples -->
/// EvaluationReportPage --> index.html
/// ```
///
/// # `evaluation.json`, version 4
///
/// UTF-8 JSON, one object; numbers of bits per byte are not rounded:
///
/// | field | type | content |
/// |---|---|---|
/// | `version` | number | 4 |
/// | `study` | string | the study's name |
/// | `created` | string | RFC 3339 |
/// | `languages` | array | one object a language, in the order in which they are shown |
/// | `languages[].language` | string | BCP 47 code |
/// | `languages[].start` | interval or null | bits per byte on held-out text before training |
/// | `languages[].belt` | interval | the same, on the same text, trained together |
/// | `languages[].twin` | interval or null | the same, trained alone; null where not measured |
/// | `languages[].difference` | interval or null | `belt` minus `twin`, paired by page |
/// | `languages[].verdict` | string | see [Comparison.Verdict] |
/// | `languages[].pages`, `.documents`, `.bytes`, `.tokens` | number | size of the held-out text |
/// | `languages[].heldOutDocuments` | number or null | documents that there were to measure on |
/// | `languages[].measuredOn` | object or null | what the numbers are of, by SHA-256 |
/// | `measuredOn.model` | object | of `belt`: `weights`, `tokenizer`, `config`, each of its file |
/// | `measuredOn.start`, `.twin` | object or null | the same of `start` and `twin` |
/// | `measuredOn.profile` | string | of the language profile, as compact JSON |
/// | `measuredOn.heldOut` | string | of the corpus's `documents/heldout.jsonl.zst` |
/// | `languages[].region` | string or null | whose text it was |
/// | `languages[].released` | object or null | what the region goes on with, where it chose |
/// | `released.value` | interval | bits per byte, on the same text |
/// | `released.difference` | interval or null | `value` minus `twin`, paired by page |
/// | `released.choice` | object | how it was chosen |
/// | `choice.origin` | string | `belt`, `own`, `belt-and-own`, `twin`, `belt-and-twin` |
/// | `choice.model` | object | its files, as `measuredOn.model` |
/// | `choice.dev`, `.documents` | object, number | bits per byte of each on the text to choose by |
/// | `choice.text` | string | of the corpus's `documents/dev.jsonl.zst` |
/// | `matrix` | object or null | `models` and `languages` (arrays of strings), and `cells` |
/// | `matrix.cells` | array | `[model][language]`, interval or null |
/// | `conditions` | object | strings by name: what the numbers hold for |
///
/// | `digest` | string | SHA-256 of the other fields, in their order, as compact JSON |
///
/// An interval is `{"value", "low", "high"}`: see [Interval]. The documents that were measured are
/// all, or those `documents` whose ids have the lowest SHA-256 (their first 8 bytes, unsigned).
///
/// # Audit, version 1
///
/// What an attack found out, as `dure audit` writes it and a release holds it in `audits/`:
///
/// | field | type | content |
/// |---|---|---|
/// | `kind` | string | `membership`, `leak`, ...: lower-case letters and hyphens |
/// | `version` | number | 1 |
/// | `created` | string | RFC 3339 |
/// | `model` | object | `weights`, `tokenizer`, `config`: SHA-256 of each file attacked |
/// | `on` | object | SHA-256 by name of the text that was asked about, sorted |
/// | `figures` | array | `name`, `value`, and `low` and `high` of its 95 % interval or null |
/// | `conditions` | object | strings by name: what the figures hold for, sorted |
/// | `digest` | string | SHA-256 of the other fields, in their order, as compact JSON |
///
/// # History
///
/// | version | since | change |
/// |---|---|---|
/// | 1 | 0.1.0 | first |
/// | 2 | 0.1.0 | `start`, `twin` and `difference` may be null, `NOT_MEASURED`; 1 is still read |
/// | 3 | 0.1.0 | `heldOutDocuments`, `measuredOn`, `digest`; 1 and 2 are still read, without them |
/// | 4 | 0.2.0 | `region`, `released`; 3 is still read, without them |
@NullMarked
package org.dure.evaluation;

import org.jspecify.annotations.NullMarked;
