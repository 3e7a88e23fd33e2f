package org.dure.federation.protocol;

/// The hub's word that a message is in the log under this number or, for 0, was taken note of.
public record Receipt(long number) {}
