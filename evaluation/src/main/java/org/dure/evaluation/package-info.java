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
/// # `evaluation.json`, version 1
///
/// UTF-8 JSON, one object; numbers of bits per byte are not rounded:
///
/// | field | type | content |
/// |---|---|---|
/// | `version` | number | 1 |
/// | `study` | string | the study's name |
/// | `created` | string | RFC 3339 |
/// | `languages` | array | one object a language, in the order in which they are shown |
/// | `languages[].language` | string | BCP 47 code |
/// | `languages[].start`, `.belt`, `.twin` | interval | bits per byte on the same held-out text:
/// before training, trained together, trained alone | | `languages[].difference` | interval |
/// `belt` minus `twin`, paired by page | | `languages[].verdict` | string | `BETTER`, `WORSE` or
/// `NO_DIFFERENCE`: see [Comparison.Verdict] | | `languages[].pages`, `.documents`, `.bytes`,
/// `.tokens` | number | size of the held-out text | | `matrix` | object or null | `models` and
/// `languages` (arrays of strings), `cells` (`[model][language]`, interval or null) | |
/// `conditions` | object | strings by name: what the numbers hold for |
///
/// An interval is `{"value", "low", "high"}`: see [Interval].
///
/// # History
///
/// | version | since | change |
/// |---|---|---|
/// | 1 | 0.1.0 | first |
@NullMarked
package org.dure.evaluation;

import org.jspecify.annotations.NullMarked;
