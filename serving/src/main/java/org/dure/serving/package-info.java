/// Language models for people and programs: text generation, the OpenAI API and a page.
///
/// ```
/// POST /v1/completions        RequestParameters -> JobParser -> Job   refused by name: ApiError
/// POST /v1/chat/completions                                   |
///   |                                         .---------------'
///   |                                         v
/// AnswerRoute - Bodies - Admission: inside -> generating -> Turns, one step of a model each
///   ^                                         |
///   |                                         v
///   |     AnswerForm <- Answer <- TextGenerator <- SharedModel <- LanguageModel
///   |     (the API's   (whole or   (Sampler, TextStream,
///   |      two shapes)  events)     StopMatcher)
///   +---------+
/// GET / : Page
/// ```
///
/// # The wire
///
/// The paths, parameters, answers and errors are specified in `openapi.yaml` beside this package's
/// classes, and served at `/openapi.yaml`. A streamed answer is a sequence of server-sent events,
/// UTF-8, each `data: ` + one line of JSON + two line feeds, flushed one by one; the last is
/// `data: [DONE]`. An answer that breaks off ends with an event that holds `{"error": ...}` and no
/// `[DONE]`.
///
/// # From a conversation to a prompt
///
/// See [ChatPrompt]: contents joined by line feeds, the last message continued.
///
/// # Who leaves, who waits
///
/// Every bound and every share is in docs/operating.md. A client is its API key, without keys its
/// address. A request comes in ([Admission]), takes memory ([Bodies]) and is read; then it waits to
/// generate; what it makes goes through an [EventBuffer] to a client that reads at its own pace.
///
/// Before every step of a model [Routes] looks whether the client's connection is still open: a
/// write alone would notice one token too late, and an answer that is given whole writes nothing
/// until its end.
@NullMarked
package org.dure.serving;

import org.jspecify.annotations.NullMarked;
