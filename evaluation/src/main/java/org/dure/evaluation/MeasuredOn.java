package org.dure.evaluation;

import org.jspecify.annotations.Nullable;

/// What a language's numbers were measured on, by digest: a number says nothing of anything else.
///
/// @param model of the value `belt`
/// @param start of the value `start`; null where that was not measured
/// @param twin of the value `twin`; null where that was not measured
/// @param profile SHA-256 of the language profile with which the corpus was built, as compact JSON
/// @param heldOut SHA-256 of the corpus's file of held-out documents
public record MeasuredOn(
    ModelDigests model,
    @Nullable ModelDigests start,
    @Nullable ModelDigests twin,
    String profile,
    String heldOut) {}
